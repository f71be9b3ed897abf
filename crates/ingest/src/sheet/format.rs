//! Numbers as a number format shows them (ECMA-376 Part 1, 18.8.31).
//!
//! Three things differ from the picture on the screen, since a reader of text can't see colours and
//! columns: a negative number always has a minus sign, also where the sheet shows brackets or red
//! letters; a format that shows nothing, or only a dash, gives way to the number; and a number in
//! the general format has all its digits.

/// Significant digits of a number that Excel keeps.
const DIGITS: usize = 15;

/// The number in the general format.
pub(super) fn general(value: f64) -> String {
    /// Beyond these powers of ten a number is shown with an exponent.
    const SMALL: i32 = -9;
    const LARGE: i32 = 21;

    let Some(decimal) = Decimal::of(value) else { return value.to_string() };
    let sign = if value < 0.0 && !decimal.is_zero() { "-" } else { "" };
    if !decimal.is_zero() && !(SMALL..=LARGE).contains(&decimal.point) {
        return format!("{sign}{}", decimal.scientific(None));
    }
    let (whole, fraction) = decimal.rounded(DIGITS + 9);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let whole = if whole.is_empty() { "0" } else { &whole };
    format!("{sign}{whole}{point}{fraction}")
}

/// The number under a format code.
pub(super) fn show(value: f64, code: &str) -> String {
    let sections: Vec<Section> = split(code).into_iter().map(Section::parse).collect();
    let shown = section_for(value, &sections).and_then(|section| section.show(value));
    // A number that the sheet does not show is still in it.
    shown.filter(|shown| shown.chars().any(char::is_alphanumeric)).unwrap_or_else(|| general(value))
}

/// The sections of a code, of which there are up to four.
fn split(code: &str) -> Vec<&str> {
    let mut sections = Vec::new();
    let (mut start, mut quoted, mut bracketed, mut escaped) = (0, false, false, false);
    for (at, c) in code.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracketed = true,
            ']' => bracketed = false,
            ';' if !bracketed => {
                sections.push(&code[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    sections.push(&code[start..]);
    sections
}

/// The section that is meant for a number, if any is.
fn section_for(value: f64, sections: &[Section]) -> Option<&Section> {
    if sections.iter().any(|section| section.condition.is_some()) {
        let fits =
            |section: &&Section| section.condition.as_ref().is_none_or(|condition| condition.holds(value));
        return sections.iter().take(3).find(fits);
    }
    let at = if value < 0.0 && sections.len() > 1 {
        1
    } else if value == 0.0 && sections.len() > 2 {
        2
    } else {
        0
    };
    sections.get(at)
}

#[derive(Debug, Default)]
struct Section {
    condition: Option<Condition>,
    tokens: Vec<Token>,
}

#[derive(Debug)]
struct Condition {
    operator: String,
    bound: f64,
}

impl Condition {
    /// `>=100`
    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches(['<', '>', '=']);
        let operator = &text[..text.len() - digits.len()];
        if operator.is_empty() {
            return None;
        }
        Some(Self { operator: operator.to_owned(), bound: digits.trim().parse().ok()? })
    }

    fn holds(&self, value: f64) -> bool {
        match self.operator.as_str() {
            "<" => value < self.bound,
            "<=" => value <= self.bound,
            ">" => value > self.bound,
            ">=" => value >= self.bound,
            "<>" => value != self.bound,
            _ => value == self.bound,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Text in quotes or behind a backslash, or a currency.
    Quoted(String),
    /// A character that stands for itself.
    Bare(char),
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    Exponent,
    Slash,
    General,
}

impl Section {
    fn parse(code: &str) -> Self {
        let mut section = Self::default();
        let mut rest = code.chars();
        while let Some(c) = rest.next() {
            let token = match c {
                '"' => Token::Quoted(rest.by_ref().take_while(|c| *c != '"').collect()),
                '\\' => match rest.next() {
                    Some(c) => Token::Quoted(c.to_string()),
                    None => continue,
                },
                '_' | '*' => {
                    rest.next();
                    continue;
                }
                '[' => {
                    let inner: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    section.condition = section.condition.or_else(|| Condition::parse(&inner));
                    match inner.strip_prefix('$') {
                        // A currency, then the number of a language.
                        Some(currency) => {
                            Token::Quoted(currency.split('-').next().unwrap_or_default().to_owned())
                        }
                        None => continue,
                    }
                }
                '0' | '#' | '?' => Token::Digit(c),
                '.' => Token::Point,
                ',' => Token::Comma,
                '%' => Token::Percent,
                '/' => Token::Slash,
                'E' | 'e' if rest.as_str().starts_with(['+', '-']) => {
                    rest.next();
                    Token::Exponent
                }
                'G' | 'g' if rest.as_str().to_ascii_lowercase().starts_with("eneral") => {
                    rest.by_ref().take("eneral".len()).for_each(drop);
                    Token::General
                }
                c => Token::Bare(c),
            };
            section.tokens.push(token);
        }
        section
    }

    /// Without the sign or the brackets that it draws around a negative number: the sign is put
    /// before all of it.
    fn without_sign(&self) -> Self {
        let is_place = |token: &Token| matches!(token, Token::Digit(_) | Token::General);
        let first = self.tokens.iter().position(is_place).unwrap_or(0);
        let last = self.tokens.iter().rposition(is_place).unwrap_or(0);
        let is_sign = |at: usize, token: &Token| match token {
            Token::Bare(c) => is_sign_at(*c, at < first, at > last),
            Token::Quoted(text) => {
                let mut chars = text.chars();
                chars.next().is_some_and(|c| is_sign_at(c, at < first, at > last)) && chars.next().is_none()
            }
            _ => false,
        };
        let kept = self.tokens.iter().enumerate().filter(|(at, token)| !is_sign(*at, token));
        Self { condition: None, tokens: kept.map(|(_, token)| token.clone()).collect() }
    }

    /// `None` when the section is not for numbers that this reader can lay out.
    fn show(&self, value: f64) -> Option<String> {
        if value < 0.0 {
            let shown = self.without_sign().show(-value)?;
            let is_zero = !shown.chars().any(|c| matches!(c, '1'..='9'));
            return Some(if is_zero { shown } else { format!("-{shown}") });
        }
        let has = |token: &Token| self.tokens.contains(token);
        let mut decimal = Decimal::of(value)?;
        let percents = self.tokens.iter().filter(|token| **token == Token::Percent).count();
        decimal.shift(2 * i32::try_from(percents).ok()?);
        let places = self.tokens.iter().filter(|token| matches!(token, Token::Digit(_))).count();
        if has(&Token::Slash) && places > 0 {
            return None;
        }
        let shown = if has(&Token::General) {
            self.around(&general(value))
        } else if has(&Token::Exponent) && places > 0 {
            self.around(&decimal.scientific(Some(self.decimals())))
        } else {
            self.lay_out(decimal)
        };
        Some(shown.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The literal text with a number in the place of the placeholders.
    fn around(&self, number: &str) -> String {
        let mut shown = String::new();
        let mut open = Some(number);
        for token in &self.tokens {
            match token {
                Token::Digit(_) | Token::General | Token::Exponent => {
                    shown.push_str(open.take().unwrap_or(""))
                }
                literal => push_literal(literal, &mut shown),
            }
        }
        shown
    }

    /// Placeholders behind the point.
    fn decimals(&self) -> usize {
        let behind = self.tokens.iter().skip_while(|token| **token != Token::Point);
        behind
            .take_while(|token| **token != Token::Exponent)
            .filter(|token| matches!(token, Token::Digit(_)))
            .count()
    }

    /// The digits in their places.
    fn lay_out(&self, mut decimal: Decimal) -> String {
        let is_place = |token: &Token| matches!(token, Token::Digit(_));
        let point = self.tokens.iter().position(|token| *token == Token::Point);
        let (before, behind) = self.tokens.split_at(point.unwrap_or(self.tokens.len()));
        // A comma behind the last place divides by a thousand, one between places parts thousands.
        let divisors = |tokens: &[Token]| {
            let last = tokens.iter().rposition(is_place);
            last.map_or(0, |last| {
                tokens[last + 1..].iter().take_while(|token| **token == Token::Comma).count()
            })
        };
        let thousandths = divisors(before) + divisors(behind);
        decimal.shift(-3 * i32::try_from(thousandths).unwrap_or(i32::MAX / 3));
        let (whole, fraction) = decimal.rounded(self.decimals());
        let mut shown = whole_part(before, &whole);
        let mut rest = fraction.as_str();
        let mut pointed = false;
        for token in behind {
            match token {
                Token::Digit(place) => {
                    let optional = *place != '0' && rest.bytes().all(|digit| digit == b'0');
                    let (digit, others) = rest.split_at(rest.len().min(1));
                    rest = others;
                    if !optional {
                        if !std::mem::replace(&mut pointed, true) {
                            shown.push('.');
                        }
                        shown.push_str(digit);
                    }
                }
                literal => push_literal(literal, &mut shown),
            }
        }
        shown
    }
}

/// The tokens before the point with the digits of `whole` in their places, from the right.
fn whole_part(tokens: &[Token], whole: &str) -> String {
    let is_place = |token: &Token| matches!(token, Token::Digit(_));
    let first_place = tokens.iter().position(is_place);
    let last_place = tokens.iter().rposition(is_place);
    let thousands =
        first_place.zip(last_place).is_some_and(|(first, last)| tokens[first..last].contains(&Token::Comma));
    let mut digits = whole.bytes().rev().map(char::from);
    let mut count = 0;
    let mut pieces: Vec<String> = Vec::new();
    let mut put = |digit: char, pieces: &mut Vec<String>| {
        if thousands && count > 0 && count % 3 == 0 {
            pieces.push(",".to_owned());
        }
        pieces.push(digit.to_string());
        count += 1;
    };
    for (at, token) in tokens.iter().enumerate().rev() {
        match token {
            Token::Digit(place) => {
                match digits.next() {
                    Some(digit) => put(digit, &mut pieces),
                    None if *place == '0' => put('0', &mut pieces),
                    None => {}
                }
                if Some(at) == first_place {
                    digits.by_ref().for_each(|digit| put(digit, &mut pieces));
                }
            }
            literal => {
                let mut text = String::new();
                push_literal(literal, &mut text);
                pieces.push(text);
            }
        }
    }
    pieces.iter().rev().map(String::as_str).collect()
}

fn push_literal(token: &Token, shown: &mut String) {
    match token {
        Token::Quoted(text) => shown.push_str(text),
        Token::Percent => shown.push('%'),
        Token::Bare('@') => {}
        Token::Bare(c) => shown.push(*c),
        _ => {}
    }
}

fn is_sign_at(c: char, before_places: bool, behind_places: bool) -> bool {
    match c {
        '-' | '(' => before_places,
        ')' => behind_places,
        _ => false,
    }
}

/// The magnitude of a number in decimal digits, as Excel keeps it.
#[derive(Debug, Clone)]
struct Decimal {
    /// Without zeros in front; none for 0.
    digits: Vec<u8>,
    /// How many of the digits stand before the point; may be negative, or more than there are.
    point: i32,
}

impl Decimal {
    /// `None` for what is no number.
    fn of(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        if value == 0.0 {
            return Some(Self { digits: Vec::new(), point: 0 });
        }
        let written = format!("{:.*e}", DIGITS - 1, value.abs());
        let (digits, exponent) = written.split_once('e')?;
        let mut digits: Vec<u8> =
            digits.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Some(Self { digits, point: exponent.parse::<i32>().ok()? + 1 })
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Times a power of ten.
    fn shift(&mut self, power: i32) {
        self.point += power;
    }

    fn digit(&self, at: i32) -> u8 {
        usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0)
    }

    /// The digits before the point, none for zero, and `decimals` digits behind it, half rounded up.
    fn rounded(&self, decimals: usize) -> (String, String) {
        let end = self.point.saturating_add(i32::try_from(decimals).unwrap_or(i32::MAX));
        let mut digits: Vec<u8> = (self.point.min(0)..end).map(|at| self.digit(at)).collect();
        if self.digit(end) >= 5 {
            let nines = digits.iter().rev().take_while(|digit| **digit == 9).count();
            let kept = digits.len() - nines;
            digits[kept..].fill(0);
            match kept.checked_sub(1) {
                Some(last) => digits[last] += 1,
                None => digits.insert(0, 1),
            }
        }
        let text = |digits: &[u8]| digits.iter().map(|digit| char::from(b'0' + digit)).collect::<String>();
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        (text(whole).trim_start_matches('0').to_owned(), text(fraction))
    }

    /// `1.5E+30`; with all digits when no number of decimals is given.
    fn scientific(&self, decimals: Option<usize>) -> String {
        if self.is_zero() {
            return format!("{:.*}E+0", decimals.unwrap_or(0), 0.0);
        }
        let mut mantissa = Self { digits: self.digits.clone(), point: 1 };
        let mut exponent = self.point - 1;
        let (mut whole, mut fraction) = mantissa.rounded(decimals.unwrap_or(DIGITS));
        if whole.len() > 1 {
            exponent += 1;
            mantissa.shift(-1);
            (whole, fraction) = mantissa.rounded(decimals.unwrap_or(DIGITS));
        }
        if decimals.is_none() {
            fraction.truncate(fraction.trim_end_matches('0').len());
        }
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{whole}{point}{fraction}E{exponent:+}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_general_format_shows_what_was_typed() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (140.0, "140"),
            (0.1 + 0.2, "0.3"),
            (-1234.5678, "-1234.5678"),
            (0.000_012_3, "0.0000123"),
            (13_800_138_000.0, "13800138000"),
            (1e15, "1000000000000000"),
            (1.5e30, "1.5E+30"),
            (2.5e-12, "2.5E-12"),
            (1.0 / 3.0, "0.333333333333333"),
        ];
        for (value, shown) in cases {
            assert_eq!(general(value), shown, "{value}");
        }
    }

    #[test]
    fn formats_of_everyday_sheets_are_shown() {
        let cases = [
            (1234.5, "0", "1235"),
            (1234.5, "#,##0.00", "1,234.50"),
            (0.0, "#,##0.00", "0.00"),
            (1_234_567.0, "#,##0", "1,234,567"),
            (0.153, "0%", "15%"),
            (0.153, "0.00%", "15.30%"),
            (1.005, "0.00", "1.01"),
            (0.285, "0.0%", "28.5%"),
            (7.0, "000", "007"),
            (3.5, "0.##", "3.5"),
            (3.0, "0.##", "3"),
            (0.5, "#.##", ".5"),
            (12_345_678.0, "0.0,,", "12.3"),
            (140.0, "\"¥\"#,##0.00", "¥140.00"),
            (140.0, "[$€-407] #,##0.00", "€ 140.00"),
            (140.0, "#,##0\"元\"", "140元"),
            (140.0, "0\\人", "140人"),
            (13_800_138_000.0, "000-0000-0000", "138-0013-8000"),
            (12345.0, "0.00E+00", "1.23E+4"),
            (99_999.0, "0.0E+0", "1.0E+5"),
            (5.0, "General\" pcs\"", "5 pcs"),
        ];
        for (value, code, shown) in cases {
            assert_eq!(show(value, code), shown, "{value} as {code}");
        }
    }

    #[test]
    fn a_negative_number_has_its_sign_however_the_sheet_paints_it() {
        for code in [
            "#,##0",
            "#,##0;(#,##0)",
            "#,##0;[Red]#,##0",
            "#,##0_);[Red](#,##0)",
            "_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)",
            "#,##0;-#,##0",
        ] {
            assert_eq!(show(-1234.0, code), "-1,234", "{code}");
            assert_eq!(show(1234.0, code), "1,234", "{code}");
        }
        assert_eq!(show(-0.12, "0%"), "-12%");
        assert_eq!(show(-0.001, "0.00"), "0.00");
        assert_eq!(show(-5.0, "\"¥\"#,##0.00;\"¥\"\\-#,##0.00"), "-¥5.00");
    }

    #[test]
    fn conditions_choose_the_section() {
        let code = "[>=100]0\" high\";[<0]0\" low\";0\" fair\"";
        assert_eq!(show(120.0, code), "120 high");
        assert_eq!(show(50.0, code), "50 fair");
        assert_eq!(show(-3.0, code), "-3 low");
    }

    #[test]
    fn a_number_that_the_format_hides_is_given() {
        assert_eq!(show(12.5, ";;;"), "12.5");
        assert_eq!(show(0.0, "_(* #,##0_);_(* (#,##0);_(* \"-\"??_);_(@_)"), "0");
        assert_eq!(show(0.75, "# ?/?"), "0.75");
        assert_eq!(show(3.0, ""), "3");
    }
}

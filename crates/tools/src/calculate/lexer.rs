//! An expression in pieces: numbers however they are written, names, signs.

use num_bigint::BigInt;
use num_traits::Zero;

use super::chinese;
use super::error::{CalculateError, Place, Why};
use super::exact::Exact;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    /// Characters from 0, half open.
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(Exact),
    /// In lower case.
    Name(String),
    /// `+`, `-`, `*`, `/`, `^`
    Sign(char),
    /// Of a hundred or of a thousand.
    Share(i64),
    Open,
    Close,
    /// `;` or `,` between the values of a function.
    Separator,
}

/// Most digits of a number that is written out.
const DIGITS: usize = 60;

/// Cuts the text into pieces, or says where it can't.
pub(super) fn lexemes(place: &Place) -> Result<Vec<Lexeme>, CalculateError> {
    let mut lexer = Lexer {
        place,
        text: place.text.iter().copied().map(half_width).collect(),
        at: 0,
        commas: Vec::new(),
    };
    let mut lexemes: Vec<Lexeme> = Vec::new();
    while let Some(c) = lexer.peek(0) {
        let from = lexer.at;
        if c.is_whitespace() {
            lexer.at += 1;
            continue;
        }
        let after_name = lexemes.last().is_some_and(|last| matches!(last.token, Token::Name(_)));
        let token = lexer.next(c, after_name)?;
        lexemes.push(Lexeme { token, from, to: lexer.at });
    }
    Ok(lexemes)
}

/// The ASCII character that a full-width or typographic one stands for.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '×' | '✕' | '∗' => '*',
        '÷' => '/',
        '−' | '–' | '﹣' => '-',
        '￥' => '¥',
        '、' => ';',
        '。' => '.',
        c => c,
    }
}

struct Lexer<'p> {
    place: &'p Place,
    text: Vec<char>,
    at: usize,
    /// What a comma means within each open bracket.
    commas: Vec<Comma>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comma {
    /// It parts thousands: in brackets, and in a function whose values are parted by semicolons.
    Thousands,
    /// It parts the values of a function.
    Values,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn is_digit(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(|c| c.is_ascii_digit())
    }

    fn starts_with(&self, word: &str) -> bool {
        word.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    fn next(&mut self, c: char, after_name: bool) -> Result<Token, CalculateError> {
        let is_times = matches!(c, 'x' | 'X') && !self.peek(1).is_some_and(|c| c.is_alphabetic());
        let token = match c {
            _ if is_times => Token::Sign('*'),
            '+' | '-' | '*' | '/' | '^' => Token::Sign(c),
            '%' => Token::Share(100),
            '‰' => Token::Share(1000),
            '(' => {
                let parts_values = after_name && !self.has_semicolon();
                self.commas.push(if parts_values { Comma::Values } else { Comma::Thousands });
                Token::Open
            }
            ')' => {
                self.commas.pop();
                Token::Close
            }
            ';' | ',' => Token::Separator,
            c if c.is_ascii_alphabetic() => return Ok(self.name()),
            _ => return self.number(),
        };
        self.at += 1;
        Ok(token)
    }

    /// Whether the bracket that opens here parts its values by semicolons.
    fn has_semicolon(&self) -> bool {
        let mut depth = 0;
        for c in self.text.iter().skip(self.at) {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                ';' if depth == 1 => return true,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        false
    }

    fn name(&mut self) -> Token {
        let mut name = String::new();
        while let Some(c) = self.peek(0).filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
            name.push(c.to_ascii_lowercase());
            self.at += 1;
        }
        Token::Name(name)
    }

    /// A number with its currency, or an amount in 元, 角 and 分.
    fn number(&mut self) -> Result<Token, CalculateError> {
        let from = self.at;
        if self.starts_with("百分之") || self.starts_with("千分之") {
            let whole = if self.starts_with("百") { 100 } else { 1000 };
            self.at += "百分之".chars().count();
            return Ok(Token::Number(Exact(self.plain()?.0 / BigInt::from(whole))));
        }
        if self.starts_with("人民币") {
            self.at += "人民币".chars().count();
        }
        if matches!(self.peek(0), Some('¥' | '$' | '€' | '£')) {
            self.at += 1;
        }
        while self.peek(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        let mut value = self.plain()?;
        let mut total = Exact::whole(0);
        let mut last_worth = None;
        loop {
            let worth = match self.peek(0) {
                Some('元' | '圆' | '块') => Some(100),
                Some('角' | '毛') => Some(10),
                Some('分') => Some(1),
                _ => None,
            };
            match (worth, last_worth) {
                (None, None) => return Ok(Token::Number(value)),
                (Some(worth), last) if last.is_none_or(|last| worth < last) => {
                    self.at += 1;
                    total = Exact(total.0 + value.times(worth).0 / BigInt::from(100));
                    last_worth = Some(worth);
                }
                _ => {
                    let why = Why::new("its parts of money don't fit together", "write it as in 120元5角3分");
                    return Err(self.place.refuse(from, self.at + 1, why));
                }
            }
            if !(self.is_digit(0) || self.peek(0).is_some_and(chinese::is_numeral)) {
                if matches!(self.peek(0), Some('整' | '正')) {
                    self.at += 1;
                }
                return Ok(Token::Number(total));
            }
            value = self.plain()?;
        }
    }

    /// A number in digits, with or without Chinese units, or in Chinese numerals.
    fn plain(&mut self) -> Result<Exact, CalculateError> {
        if self.is_digit(0) || (self.peek(0) == Some('.') && self.is_digit(1)) {
            return self.digits_with_units();
        }
        if self.peek(0).is_some_and(chinese::is_numeral) {
            return self.numerals();
        }
        let why =
            Why::new("a number is missing here", "write digits, as in 1234.5, or a sign such as + or (");
        Err(self.place.refuse(self.at, self.at + 1, why))
    }

    /// `3.5万`, `3万5千`, `2万亿`
    fn digits_with_units(&mut self) -> Result<Exact, CalculateError> {
        let from = self.at;
        let mut total = Exact::whole(0);
        let mut last_power: Option<u32> = None;
        loop {
            let part = self.digits()?;
            let mut power = 0;
            while let Some(unit) = self.peek(0).and_then(chinese::unit) {
                power += unit;
                self.at += 1;
            }
            let scaled = Exact(part.0 * BigInt::from(10).pow(power));
            if last_power.is_some_and(|last| power == 0 || power >= last || scaled.0 >= ten_to(last).0) {
                let why = Why::new("the number may be read in two ways", "write all of it in digits");
                return Err(self.place.refuse(from, self.at, why));
            }
            total = Exact(total.0 + scaled.0);
            if power == 0 || !self.is_digit(0) {
                return Ok(total);
            }
            last_power = Some(power);
        }
    }

    /// Digits with thousands parted and decimals.
    fn digits(&mut self) -> Result<Exact, CalculateError> {
        let from = self.at;
        let mut digits = self.run();
        let first = digits.len();
        while self.peek(0) == Some(',') {
            let group = (1..).take_while(|ahead| self.is_digit(*ahead)).count();
            let parts_thousands = group == 3 && (1..=3).contains(&first);
            if self.commas.last() == Some(&Comma::Values) {
                if parts_thousands {
                    let why = Why::new(
                        "the comma may part thousands or values",
                        "write the number without it, or part the values with ;",
                    );
                    return Err(self.place.refuse(from, self.at + 4, why));
                }
                break;
            }
            if !parts_thousands {
                let why = Why::new("the comma parts no thousands", "write 1234.56 or 1,234.56");
                return Err(self.place.refuse(from, self.at + 1 + group, why));
            }
            self.at += 1;
            digits.push_str(&self.run());
        }
        let mut decimals = 0;
        if self.peek(0) == Some('.') && self.is_digit(1) {
            self.at += 1;
            let fraction = self.run();
            decimals = fraction.len();
            digits.push_str(&fraction);
            if self.peek(0) == Some('.')
                || (self.peek(0) == Some(',') && self.commas.last() != Some(&Comma::Values))
            {
                let why = Why::new("its decimals go on behind a second sign", "write 1234.56 or 1,234.56");
                return Err(self.place.refuse(from, self.at + 1, why));
            }
        }
        if digits.len() > DIGITS {
            let why = Why::new(format!("the number has more than {DIGITS} digits"), "write fewer");
            return Err(self.place.refuse(from, self.at, why));
        }
        let whole = digits.bytes().fold(BigInt::zero(), |sum, digit| sum * 10 + (digit - b'0'));
        Ok(Exact::decimal(whole, u32::try_from(decimals).unwrap_or(u32::MAX)))
    }

    /// ASCII digits from here on.
    fn run(&mut self) -> String {
        let mut digits = String::new();
        while let Some(digit) = self.peek(0).filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        digits
    }

    /// `三万五千`, `三点一四`
    fn numerals(&mut self) -> Result<Exact, CalculateError> {
        let from = self.at;
        let whole = self.numeral_run();
        let mut decimals: Vec<u8> = Vec::new();
        if self.peek(0) == Some('点') {
            self.at += 1;
            let fraction = self.numeral_run();
            decimals = fraction.iter().filter_map(|c| chinese::digit(*c)).collect();
            if decimals.is_empty() || decimals.len() != fraction.len() {
                let why = Why::new("behind 点 stand the decimals one by one", "write it as in 三点一四");
                return Err(self.place.refuse(from, self.at, why));
            }
        }
        if whole.len() + decimals.len() > DIGITS {
            let why = Why::new(format!("the number has more than {DIGITS} numerals"), "write fewer");
            return Err(self.place.refuse(from, self.at, why));
        }
        let value = chinese::value(&whole).map_err(|why| self.place.refuse(from, self.at, why))?;
        let all = decimals.iter().fold(value, |sum, digit| sum * 10 + *digit);
        Ok(Exact::decimal(all, u32::try_from(decimals.len()).unwrap_or(u32::MAX)))
    }

    fn numeral_run(&mut self) -> Vec<char> {
        let mut run = Vec::new();
        while let Some(c) = self.peek(0).filter(|c| chinese::is_numeral(*c)) {
            run.push(c);
            self.at += 1;
        }
        run
    }
}

fn ten_to(power: u32) -> Exact {
    Exact::decimal(BigInt::from(10).pow(power), 0)
}

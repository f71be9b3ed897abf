//! Sentences: of an answer with the passage numbers that the model wrote, and of a passage as
//! what can be quoted.

use std::ops::Range;

use crate::answer::language::is_han;

/// A sentence that the model wrote, and the numbers that it put to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedSentence {
    /// Without the numbers in brackets.
    pub text: String,
    /// From 1, as in the prompt; not checked.
    pub numbers: Vec<usize>,
}

/// The sentences of what a model wrote. A number belongs to the sentence before it, also when it
/// stands behind the full stop.
pub fn cited_sentences(written: &str) -> Vec<CitedSentence> {
    let mut sentences: Vec<CitedSentence> = Vec::new();
    for range in sentence_ranges(written) {
        let (text, numbers, leading) = take_numbers(&written[range]);
        if leading > 0
            && let Some(last) = sentences.last_mut()
        {
            last.numbers.extend(&numbers[..leading]);
        }
        let own = if sentences.is_empty() { numbers } else { numbers[leading..].to_vec() };
        if text.chars().any(char::is_alphanumeric) {
            sentences.push(CitedSentence { text, numbers: own });
        } else if let Some(last) = sentences.last_mut() {
            last.numbers.extend(own);
        }
    }
    sentences
}

/// The text without its `[n]` and `[n, m]`, the numbers, and how many of them stood in front.
fn take_numbers(text: &str) -> (String, Vec<usize>, usize) {
    let mut plain = String::new();
    let mut numbers = Vec::new();
    let mut leading = 0;
    let mut rest = text;
    while let Some(open) = rest.find(['[', '［', '【']) {
        let bracket = rest[open..].chars().next().map_or(1, char::len_utf8);
        let inside = &rest[open + bracket..];
        let Some(close) = inside.find([']', '］', '】']) else { break };
        let found: Option<Vec<usize>> = inside[..close]
            .split([',', '，', '、', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| part.trim_matches(['[', ']']).parse().ok())
            .collect();
        let after = open + bracket + close + inside[close..].chars().next().map_or(1, char::len_utf8);
        match found {
            Some(found) if !found.is_empty() => {
                plain.push_str(&rest[..open]);
                numbers.extend(found);
                if !plain.chars().any(char::is_alphanumeric) {
                    leading = numbers.len();
                }
            }
            _ => plain.push_str(&rest[..after]),
        }
        rest = &rest[after..];
    }
    plain.push_str(rest);
    let tidy = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let tidy = tidy.replace(" .", ".").replace(" ,", ",").replace(" 。", "。");
    (tidy, numbers, leading)
}

/// Byte ranges of the sentences in `text`, trimmed, in order. Rows of tables and items of lists
/// count as sentences; a line that was only wrapped does not end one.
pub fn sentence_ranges(text: &str) -> Vec<Range<usize>> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut push = |start: usize, end: usize| {
        let piece = &text[start..end];
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            let from = start + (piece.len() - piece.trim_start().len());
            ranges.push(from..from + trimmed.len());
        }
    };
    for (i, &(at, c)) in chars.iter().enumerate() {
        let next = chars.get(i + 1).map(|(_, c)| *c);
        let end = at + c.len_utf8();
        let ends = match c {
            '。' | '！' | '？' | '；' => !matches!(next, Some('”' | '’' | '"' | '）' | ')' | '」')),
            '”' | '’' | '」' => matches!(i.checked_sub(1).map(|j| chars[j].1), Some('。' | '！' | '？')),
            '!' | '?' => next.is_none_or(char::is_whitespace),
            '.' => {
                next.is_none_or(char::is_whitespace) && ends_with_full_stop(text, start, at, &chars[i + 1..])
            }
            '\n' => is_line_end(&text[..at], &text[end..]),
            _ => false,
        };
        if ends {
            push(start, end);
            start = end;
        }
    }
    push(start, text.len());
    ranges
}

/// A full stop that is not part of an abbreviation or of a clause number.
fn ends_with_full_stop(text: &str, start: usize, at: usize, after: &[(usize, char)]) -> bool {
    let word = text[start..at].rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    let is_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    let first_of_sentence = text[start..at].trim_start().len() == word.len();
    if is_number && first_of_sentence {
        return false;
    }
    if word.chars().count() == 1 && word.chars().all(char::is_uppercase) {
        return false;
    }
    let after: String = after.iter().map(|(_, c)| *c).skip_while(|c| c.is_whitespace()).take(16).collect();
    let lower = word.to_lowercase();
    if ABBREVIATIONS.contains(&lower.as_str()) {
        return false;
    }
    if BEFORE_FIGURES.contains(&lower.as_str()) && after.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let next = after.split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    // Initials ("the U.S. Government") and "et al." end a sentence where another clearly begins.
    let is_short = lower == "al" || word.contains('.') && word.split('.').all(is_capital);
    if is_short && !after.is_empty() && !OPENERS.contains(&next) {
        return false;
    }
    !after.starts_with(char::is_lowercase)
}

fn is_capital(text: &str) -> bool {
    text.chars().count() == 1 && text.starts_with(char::is_uppercase)
}

/// Never the last of a sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "lt", "capt", "gov", "sen", "mt", "no",
    "nos", "art", "sec", "vs", "approx", "st", "fig", "cf",
];
/// Not the last of a sentence where a figure follows.
const BEFORE_FIGURES: &[&str] = &[
    "c", "ca", "b", "d", "fl", "p", "pp", "vol", "ch", "para", "jan", "feb", "mar", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec",
];
/// Words with which a sentence clearly begins.
const OPENERS: &[&str] = &[
    "The", "A", "An", "It", "Its", "He", "She", "They", "We", "You", "This", "That", "These", "Those", "In",
    "On", "At", "As", "For", "From", "By", "But", "However", "If", "When", "While", "After", "Before",
    "There", "All", "Some", "Each", "No",
];

/// Whether a line break ends the sentence, or only wraps it.
fn is_line_end(before: &str, after: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or("").trim();
    let next = after.split('\n').next().unwrap_or("").trim();
    if line.is_empty() || next.is_empty() || is_row(line) || is_row(next) {
        return true;
    }
    if line.starts_with('#') || line.ends_with([':', '：', '.', '!', '?', '。', '；', ';']) {
        return true;
    }
    if starts_item(next) {
        return true;
    }
    // A short line that does not end with punctuation is a title or a label, not a wrapped line.
    let width: usize = line.chars().map(|c| if is_han(c) { 2 } else { 1 }).sum();
    width < 40 && !line.ends_with([',', '，', '、'])
}

/// Whether a line is a row of a table. Its cells are parted by bars, or by tabs where a page has no
/// ruled table; a tab behind a clause's number parts nothing.
pub(super) fn is_row(line: &str) -> bool {
    let words = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ')').trim_start();
    words.contains(['|', '\t'])
}

/// Whether a line opens with a bullet, a clause number or a heading mark.
fn starts_item(line: &str) -> bool {
    if line.starts_with(['-', '*', '•', '·', '#', '○', '●', '▪']) {
        return true;
    }
    let digits = line.chars().take_while(|c| c.is_ascii_digit() || *c == '.').count();
    if digits > 0 && digits < line.chars().count() {
        let head: String = line.chars().take(digits).collect();
        let next = line.chars().nth(digits);
        if (head.contains('.') || matches!(next, Some(')' | '）' | '、'))) && !head.starts_with('.') {
            return true;
        }
    }
    let mut chars = line.chars();
    match chars.next() {
        Some('第') => line.chars().take(8).any(|c| matches!(c, '条' | '章' | '节' | '款')),
        Some('（' | '(') => line.chars().take(5).any(|c| matches!(c, '）' | ')')),
        Some(c) => "一二三四五六七八九十".contains(c) && line.chars().take(4).any(|c| c == '、'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentence_ranges(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn full_stops_of_numbers_and_abbreviations_end_nothing() {
        assert_eq!(
            split("3.2. Meals cost up to 45.50 euros, e.g. lunch. Ask Mr. Roth. 5. Receipts are kept."),
            ["3.2. Meals cost up to 45.50 euros, e.g. lunch.", "Ask Mr. Roth.", "5. Receipts are kept."]
        );
    }

    #[test]
    fn what_is_written_short_ends_a_sentence_only_where_another_begins() {
        for (text, sentences) in [
            ("Such as Lefevre (c. 1455–1536). He taught.", 2),
            ("See p. 12 and vol. 3. It is long.", 2),
            ("It is due on Dec. 31 at noon.", 1),
            ("Vaswani et al. (2017) say so.", 1),
            ("So say Vaswani et al. The rest differs.", 2),
            ("It is run by the U.S. Government.", 1),
            ("They left the U.S. The firm stayed.", 2),
            ("They live in the U.S.", 1),
            ("Choose plan b. Then go.", 2),
        ] {
            assert_eq!(split(text).len(), sentences, "{text}");
        }
    }

    #[test]
    fn a_wrapped_line_goes_on_and_a_row_or_clause_does_not() {
        assert_eq!(
            split(
                "Employees book trains in second class unless the journey\ntakes more than four hours. Then first.\n| Tier | 80 |\n| Two | 60 |"
            ),
            [
                "Employees book trains in second class unless the journey\ntakes more than four hours.",
                "Then first.",
                "| Tier | 80 |",
                "| Two | 60 |"
            ]
        );
        // What stands on the line belongs to it, also where it begins a sentence.
        assert_eq!(
            split("It may be used when the train would take twice as long. The\ncompany pays EUR 0.43."),
            ["It may be used when the train would take twice as long.", "The\ncompany pays EUR 0.43."]
        );
        assert_eq!(
            split("第一条 本制度适用于全体员工\n第二条 报销须在三十日内提出。逾期不予受理。"),
            ["第一条 本制度适用于全体员工", "第二条 报销须在三十日内提出。", "逾期不予受理。"]
        );
    }

    #[test]
    fn each_row_of_a_table_without_rules_stands_for_itself() {
        assert_eq!(
            split(
                "Tier\tCities\tLimit per night\nB\tDublin, Munich, Hamburg, Vienna\tEUR 170\nC\tall others in Europe\tEUR 135"
            ),
            [
                "Tier\tCities\tLimit per night",
                "B\tDublin, Munich, Hamburg, Vienna\tEUR 170",
                "C\tall others in Europe\tEUR 135"
            ]
        );
        let clause = "4.1\tThe company pays the real cost of a single room up to the limit. Breakfast,\nwhen it is shown, does not count.";
        assert_eq!(split(clause).len(), 2, "a clause's number is no cell");
    }

    #[test]
    fn numbers_belong_to_the_sentence_before_them() {
        let cited = cited_sentences("The limit is 80 euros [2]. Tips are extra. [1, 3]");
        assert_eq!(cited[0], CitedSentence { text: "The limit is 80 euros.".into(), numbers: vec![2] });
        assert_eq!(cited[1], CitedSentence { text: "Tips are extra.".into(), numbers: vec![1, 3] });
        let cited = cited_sentences("上限为80元。[1] 酒水不报销。[2]");
        assert_eq!(cited.iter().map(|c| c.numbers.clone()).collect::<Vec<_>>(), [vec![1], vec![2]]);
    }
}

//! The terms of a text: what two texts must share to speak of the same thing.
//!
//! Latin words are lower-cased, stripped of common endings and of words without content; Han text
//! counts in pairs of neighbouring characters, as is usual where no dictionary is at hand; numbers
//! are compared by value, however they are written.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::answer::language::is_han;
use crate::answer::numeral;

/// Terms and numbers of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    pub words: HashSet<String>,
    /// By value, in plain decimal notation: "1,200" and "1200.0" are both "1200".
    pub numbers: HashSet<String>,
}

impl Terms {
    pub fn of(text: &str) -> Self {
        let mut terms = Self::default();
        let text = to_half_width(text);
        // Chinese is in runs that gaps don't part; numerals are, for "三 十二" is no 32.
        let (mut han, mut unparted) = (Vec::new(), Vec::new());
        for piece in text.split_word_bounds().flat_map(split_han) {
            if piece.chars().next().is_some_and(is_han) {
                let letter = piece.chars().next().expect("the piece has a first character");
                han.push(letter);
                unparted.push(letter);
                continue;
            }
            terms.numbers.extend(chinese_numbers(&unparted));
            unparted.clear();
            // A gap or the end of a line says nothing in Chinese.
            if piece.chars().all(char::is_whitespace) {
                continue;
            }
            terms.take_han(&mut han);
            if let Some(number) = number(piece) {
                terms.numbers.insert(number);
            } else if piece.chars().any(char::is_alphanumeric) {
                terms.take_word(piece);
            }
        }
        terms.numbers.extend(chinese_numbers(&unparted));
        terms.take_han(&mut han);
        terms
    }

    /// Share of `self`'s words that `other` has too; 1 when there are none.
    pub fn recall_in(&self, other: &Self) -> f32 {
        if self.words.is_empty() {
            return 1.0;
        }
        let shared = self.words.iter().filter(|word| other.words.contains(*word)).count();
        shared as f32 / self.words.len() as f32
    }

    fn take_word(&mut self, word: &str) {
        let word = word.to_lowercase();
        let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(&word);
        // "One" is mostly an article or a pronoun.
        if let Some(value) = numeral::english(word).filter(|value| *value != 1) {
            self.numbers.insert(value.to_string());
            return;
        }
        // A digit with letters ("14:00", "B2", "24h") counts for its digits too.
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        if !digits.is_empty() && word.chars().next().is_some_and(|c| c.is_ascii_digit()) {
            self.numbers.insert(digits.trim_start_matches('0').to_owned());
        }
        if !STOP_WORDS.contains(&word) {
            self.words.insert(stem(word));
        }
    }

    fn take_han(&mut self, run: &mut Vec<char>) {
        match telling(run).as_slice() {
            [] => {}
            [one] => {
                self.words.insert(one.to_string());
            }
            many => self.words.extend(many.windows(2).map(|pair| pair.iter().collect::<String>())),
        }
        run.clear();
    }
}

/// The runs of Chinese characters of a text, as [`Terms`] has them in pairs.
pub(super) fn han_runs(text: &str) -> Vec<Vec<char>> {
    let letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    letters.split(|c| !is_han(*c)).map(telling).filter(|run| !run.is_empty()).collect()
}

fn telling(run: &[char]) -> Vec<char> {
    run.iter().copied().filter(|c| !HAN_PARTICLES.contains(*c)).collect()
}

/// The numbers of a text, by value.
pub fn numbers(text: &str) -> HashSet<String> {
    Terms::of(text).numbers
}

fn split_han(piece: &str) -> Vec<&str> {
    if !piece.chars().any(is_han) {
        return vec![piece];
    }
    piece.char_indices().map(|(at, c)| &piece[at..at + c.len_utf8()]).collect()
}

fn to_half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect()
}

/// Reads "1,200", "1 200.50" pieces and the like; `None` when it is not a plain number.
fn number(piece: &str) -> Option<String> {
    let digits: String = piece.chars().filter(|c| !matches!(c, ',' | '\'' | '_')).collect();
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.contains(['e', 'E']) {
        return None;
    }
    let value: f64 = digits.parse().ok()?;
    Some(plain(value))
}

/// Shortest decimal notation of a value.
fn plain(value: f64) -> String {
    format!("{value}")
}

/// Values of the Chinese numerals in a run of Han characters: 三十 is 30, 一千二百 is 1200.
/// A single 一 is mostly no number and is left out.
fn chinese_numbers(run: &[char]) -> Vec<String> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < run.len() {
        let length = run[i..].iter().take_while(|c| numeral(**c).is_some()).count();
        if length > 0 && !(length == 1 && run[i] == '一') {
            found.extend(chinese_value(&run[i..i + length]).map(plain));
        }
        i += length.max(1);
    }
    found
}

/// A digit below ten, or a power of ten.
pub(super) fn numeral(c: char) -> Option<f64> {
    Some(match c {
        '零' | '〇' => 0.0,
        '一' | '壹' => 1.0,
        '二' | '两' | '贰' => 2.0,
        '三' | '叁' => 3.0,
        '四' | '肆' => 4.0,
        '五' | '伍' => 5.0,
        '六' | '陆' => 6.0,
        '七' | '柒' => 7.0,
        '八' | '捌' => 8.0,
        '九' | '玖' => 9.0,
        '十' | '拾' => 10.0,
        '百' | '佰' => 100.0,
        '千' | '仟' => 1000.0,
        '万' => 10_000.0,
        '亿' => 100_000_000.0,
        _ => return None,
    })
}

fn chinese_value(numerals: &[char]) -> Option<f64> {
    let values: Vec<f64> = numerals.iter().map(|c| numeral(*c)).collect::<Option<_>>()?;
    if values.iter().all(|value| *value < 10.0) {
        return Some(values.iter().fold(0.0, |sum, digit| sum * 10.0 + digit));
    }
    // Only units, as in 百万 or in a name.
    if values.iter().all(|value| *value >= 100.0) {
        return None;
    }
    let (mut total, mut section, mut digit) = (0.0, 0.0, None);
    for value in values {
        if value < 10.0 {
            digit = Some(value);
        } else if value < 10_000.0 {
            section += digit.take().unwrap_or(1.0) * value;
        } else {
            total = (total + section + digit.take().unwrap_or(0.0)) * value;
            section = 0.0;
        }
    }
    Some(total + section + digit.unwrap_or(0.0))
}

/// A light stemmer for comparing only: plural and verb endings fall, and a final e.
pub(super) fn stem(word: &str) -> String {
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    let cut = [("ies", "y"), ("sses", "ss"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("s", "")]
        .iter()
        .find_map(|(ending, put)| {
            let rest = word.strip_suffix(ending)?;
            (rest.len() >= 3 && !(*ending == "s" && rest.ends_with(['s', 'u', 'i'])))
                .then(|| format!("{rest}{put}"))
        })
        .unwrap_or_else(|| word.to_owned());
    let mut cut = cut;
    if cut.len() > 3 && cut.ends_with('e') {
        cut.pop();
    }
    let bytes = cut.as_bytes();
    if cut.len() > 3 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2] && !cut.ends_with(['l', 's', 'e']) {
        cut.pop();
    }
    cut
}

pub(super) const STOP_WORDS: &[&str] = &[
    "a",
    "an",
    "the",
    "of",
    "to",
    "in",
    "on",
    "at",
    "by",
    "for",
    "with",
    "from",
    "as",
    "and",
    "or",
    "but",
    "if",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "being",
    "am",
    "do",
    "does",
    "did",
    "has",
    "have",
    "had",
    "it",
    "its",
    "this",
    "that",
    "these",
    "those",
    "there",
    "which",
    "who",
    "whom",
    "what",
    "when",
    "where",
    "why",
    "how",
    "i",
    "you",
    "he",
    "she",
    "we",
    "they",
    "me",
    "my",
    "your",
    "our",
    "their",
    "his",
    "her",
    "them",
    "us",
    "can",
    "could",
    "may",
    "might",
    "must",
    "shall",
    "should",
    "will",
    "would",
    "not",
    "no",
    "so",
    "than",
    "then",
    "also",
    "any",
    "each",
    "per",
    "up",
    "out",
    "about",
    "into",
    "over",
    "one",
    "much",
    "many",
    "long",
    "passage",
    "according",
];

/// Characters that join words and carry no content of their own.
pub(super) const HAN_PARTICLES: &str = "的了是在和与及或为把被就都也而着过吗呢吧啊之其该等";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value_however_they_are_written() {
        let written = numbers("1,200 元, thirty days, 三十日, 一千二百元, １２%, two weeks, 0.5");
        let expected = ["1200", "30", "12", "2", "0.5"].map(str::to_owned);
        assert_eq!(written, HashSet::from(expected));
        assert_eq!(numbers("第二十三条"), HashSet::from(["23".to_owned()]));
        assert_eq!(numbers("二〇二四年"), HashSet::from(["2024".to_owned()]));
        assert_eq!(numbers("一般员工"), HashSet::new());
        assert_eq!(numbers("三万五千元"), HashSet::from(["35000".to_owned()]));
    }

    #[test]
    fn gaps_part_chinese_numerals_and_no_words() {
        let terms = Terms::of("第三 十二月\n差旅\n费");
        assert!(terms.words.contains("旅费"), "{terms:?}");
        assert_eq!(terms.numbers, HashSet::from(["3", "12"].map(str::to_owned)));
    }

    #[test]
    fn inflected_words_meet() {
        let said = Terms::of("Employees are reimbursed for booked flights");
        let source = Terms::of("The employee books a flight; we reimburse it.");
        assert!(said.recall_in(&source) > 0.99, "{said:?} {source:?}");
    }

    #[test]
    fn chinese_counts_in_pairs() {
        let said = Terms::of("差旅费的报销");
        assert!(said.words.contains("差旅") && said.words.contains("报销"));
        assert_eq!(said.recall_in(&Terms::of("办公用品")), 0.0);
    }
}

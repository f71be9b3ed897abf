//! The numbers of a text, before it is known what they count.

use super::{Figure, plain};
use crate::answer::conflict::wording::{Unit, Wording};
use crate::answer::numeral;
use crate::run::figures::numbers_in;

/// Numbers in digits and in Chinese numerals.
pub(super) fn digits_and_numerals(text: &str) -> Vec<Figure> {
    let read = |figure: crate::run::figures::Figure| {
        let value: f64 = figure.value.parse().ok()?;
        let written = &text[figure.start..figure.end];
        let decimals = written
            .split_once('.')
            .map_or(0, |(_, behind)| behind.chars().take_while(char::is_ascii_digit).count());
        let shift = match written.chars().next_back() {
            _ if !written.chars().any(|c| c.is_ascii_digit()) => 1.0,
            Some('万' | '萬') => 1e4,
            Some('亿' | '億') => 1e8,
            _ => 1.0,
        };
        let step = shift * 0.1f64.powi(i32::try_from(decimals).ok()?);
        let whole = written.split('.').next().map_or(0, str::len);
        let two_ways = decimals == 3 && whole <= 3 && !written.starts_with('0');
        Some(Figure { value, step, two_ways, ..plain(figure.start, figure.end) })
    };
    let mut found: Vec<Figure> = numbers_in(text).into_iter().filter_map(read).collect();
    // A single 一 counts only before a time.
    for (at, one) in text.match_indices('一') {
        let end = at + one.len();
        let alone = !found.iter().any(|figure| figure.start <= at && at < figure.end);
        if alone && matches!(Wording::get().unit(&text[end..]), Some((Unit::Span(_), _))) {
            found.push(Figure { value: 1.0, ..plain(at, end) });
        }
    }
    found
}

/// Joins `10 000`, and takes in `million` and the like.
pub(super) fn joined(text: &str, found: Vec<Figure>) -> Vec<Figure> {
    let mut joined: Vec<Figure> = Vec::new();
    for figure in found {
        if let Some(last) = joined.last_mut() {
            let between = &text[last.end..figure.start];
            let written = &text[figure.start..figure.end];
            let first = &text[last.start..last.end];
            let group = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
            let opens = first.bytes().all(|b| b.is_ascii_digit()) && first.len() <= 3;
            let goes_on = first.rsplit([' ', '\u{A0}', '\u{202F}', '\'', '’']).next().is_some_and(group);
            if matches!(between, " " | "\u{A0}" | "\u{202F}" | "\u{2009}" | "'" | "’")
                && group(written.split('.').next().unwrap_or(written))
                && (opens || goes_on)
            {
                last.value = last.value * 1000.0 + figure.value;
                last.step = figure.step;
                last.end = figure.end;
                continue;
            }
        }
        joined.push(figure);
    }
    for figure in &mut joined {
        let behind = &text[figure.end..];
        let gap = behind.len() - behind.trim_start_matches([' ', '\u{A0}', '-']).len();
        let word: String = behind[gap..].chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let times = match word.to_ascii_lowercase().as_str() {
            "thousand" => 1e3,
            "million" | "mio" | "mn" => 1e6,
            "billion" | "bn" => 1e9,
            "trillion" => 1e12,
            _ => continue,
        };
        figure.value *= times;
        figure.step *= times;
        figure.end += gap + word.len();
    }
    joined
}

/// English numerals: `thirty`, `forty-five`, `two hundred and ten`, `ten thousand`.
pub(super) fn number_words(text: &str) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut words = words_of(text).peekable();
    while let Some((at, word)) = words.next() {
        let Some(first) = numeral(&word.to_ascii_lowercase()) else { continue };
        let (mut total, mut section, mut end) = (0.0, first, at + word.len());
        while let Some((next, word)) = words.peek() {
            let lower = word.to_ascii_lowercase();
            let near = text[end..*next].trim().is_empty() || &text[end..*next] == "-";
            match (near, lower.as_str(), numeral(&lower)) {
                (true, "hundred", _) => section *= 100.0,
                (true, "thousand", _) => {
                    total += section * 1000.0;
                    section = 0.0;
                }
                (true, _, Some(more)) if more < section || section == 0.0 => section += more,
                _ => break,
            }
            end = next + word.len();
            words.next();
        }
        // "One" is mostly an article or a pronoun.
        let value = total + section;
        let is_span = matches!(Wording::get().unit(&text[end..]), Some((Unit::Span(_), _)));
        if value != 1.0 || is_span {
            found.push(Figure { value, ..plain(at, end) });
        }
    }
    found
}

fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let letters = |c: char| c.is_ascii_alphanumeric();
    text.split(move |c: char| !letters(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

fn numeral(word: &str) -> Option<f64> {
    numeral::english(word).map(f64::from)
}

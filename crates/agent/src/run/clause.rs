//! Figures as clauses have them: behind the clause's own number, and in English words.

use crate::answer::language::is_han;
use crate::answer::numeral;

/// Characters with which the words behind a figure begin, when they say what is counted.
const UNITS: &str = "万亿千百十元角分年月日天周星期个时小刻秒倍成折岁人名户家台套件只张份页条项次批公斤克吨千米厘毫平立升度伏安瓦赫";

/// What a clause says, behind its number: `12.2 Either party` begins with `Either`. A figure that
/// something is measured by stays (`2.5 months`, `3.5 万元`); `7.1 货物` begins with `货物`.
pub(super) fn without_number(text: &str) -> &str {
    let text = text.trim_start();
    let number = text.find(|c: char| !c.is_ascii_digit() && c != '.').map_or("", |end| &text[..end]);
    let levels = number.trim_end_matches('.').split('.').count();
    let said = text[number.len()..].trim_start();
    if levels < 2
        || !number.starts_with(|c: char| c.is_ascii_digit())
        || said.len() == text.len() - number.len()
    {
        return text;
    }
    let mut begin = said.chars();
    let is_sentence = match (begin.next(), begin.next()) {
        (Some(first), _) if is_han(first) => !UNITS.contains(first),
        (Some(first), Some(next)) => first.is_ascii_uppercase() && (next.is_ascii_lowercase() || next == ' '),
        _ => false,
    };
    // Three levels are no figure in any case.
    if is_sentence || levels > 2 { said } else { text }
}

/// The whole numbers that English words spell, as it comes: `forty-five`, `one hundred and eighty`. A
/// lone `one` is mostly no number.
pub(super) fn spelled(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).chain([""]) {
        let joins = word == "and" && run.last().is_some_and(|last| matches!(*last, "hundred" | "thousand"));
        if joins || worth(word).is_some() {
            run.push(word);
            continue;
        }
        if run.as_slice() != ["one"] {
            found.extend(value(&run).map(|value| value.to_string()));
        }
        run.clear();
    }
    found
}

/// The number of words such as `two hundred and five`; `None` where they are not one number.
fn value(words: &[&str]) -> Option<u64> {
    let (mut all, mut section) = (0u64, 0u64);
    // What may still be added: less than the last.
    let mut room = u64::MAX;
    for word in words.iter().filter(|word| **word != "and") {
        match worth(word)? {
            100 if (1..100).contains(&section) => (section, room) = (section * 100, 100),
            1000 if (1..1000).contains(&section) && all == 0 => {
                (all, section, room) = (section * 1000, 0, 1000)
            }
            n if n < 100 && n < room => {
                section += n;
                room = if n >= 20 { 10 } else { 0 };
            }
            _ => return None,
        }
    }
    (!words.is_empty()).then_some(all + section)
}

fn worth(word: &str) -> Option<u64> {
    match word {
        "hundred" => Some(100),
        "thousand" => Some(1000),
        _ => numeral::english(word).filter(|value| *value > 0).map(u64::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_clause_is_no_figure_of_it() {
        assert_eq!(without_number("7.1 货物应在15日内交付"), "货物应在15日内交付");
        assert_eq!(without_number("2.5 小时以内"), "2.5 小时以内");
        assert_eq!(without_number("12.2 Either party may end it"), "Either party may end it");
        assert_eq!(without_number("7.1. A party pays"), "A party pays");
        assert_eq!(without_number("3.2.1 付款期限为三十日"), "付款期限为三十日");
        for text in
            ["2.5 months", "3.5 万元", "0.5% per day", "60 Days", "Clause 4.1 applies", "1.2", "7.1 元"]
        {
            assert_eq!(without_number(text), text);
        }
    }

    #[test]
    fn numbers_in_english_words_are_read() {
        let cases: [(&str, &[&str]); 10] = [
            ("within forty-five days of their receipt", &["45"]),
            ("One hundred and eighty days' prior written notice", &["180"]),
            ("nine months", &["9"]),
            ("two thousand five hundred euros and twelve cents", &["2500", "12"]),
            ("a hundred days", &[]),
            ("ninety five nine", &[]),
            ("five or ten days", &["5", "10"]),
            ("each one of the parties", &[]),
            ("tenants of the weighty tent", &[]),
            ("fifty and a half", &["50"]),
        ];
        for (text, values) in cases {
            assert_eq!(spelled(text), values, "{text}");
        }
    }
}

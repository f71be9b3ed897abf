//! What the figures of a sentence count must be known to the source: "$1" is not said by "1 meter".

use crate::answer::conflict::figure::{Kind, figures};
use crate::answer::conflict::wording::Wording;
use crate::run::figures::half_width;

/// Whether the money and the shares of a sentence are named in one of the texts, as a sign or in words.
///
/// A table names them once, above its rows, so they need not stand beside the figure.
pub(super) fn are_named(sentence: &str, texts: &[&str]) -> bool {
    let kinds: Vec<Kind> = figures(&half_width(sentence)).into_iter().map(|figure| figure.kind).collect();
    if !kinds.iter().any(|kind| matches!(kind, Kind::Amount(Some(_)) | Kind::Percent)) {
        return true;
    }
    let texts: Vec<String> = texts.iter().map(|text| half_width(text).to_lowercase()).collect();
    let is_named = |named: &dyn Fn(&str) -> bool| texts.iter().any(|text| named(text));
    kinds.iter().all(|kind| match kind {
        Kind::Amount(Some(currency)) => {
            // One sign is written of both.
            let both = ["CNY", "JPY"];
            let is_either = both.contains(&currency.as_str()) && sentence.contains(['¥', '￥']);
            let currencies = if is_either { &both[..] } else { &[currency.as_str()] };
            is_named(&|text| currencies.iter().any(|code| Wording::get().names_money(text, code)))
        }
        Kind::Percent => is_named(&names_shares),
        _ => true,
    })
}

fn names_shares(text: &str) -> bool {
    ["%", "percent", "per cent", "百分"].iter().any(|name| text.contains(name))
        || figures(text).iter().any(|figure| figure.kind == Kind::Percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_figures_count_must_be_known_to_the_text() {
        for (sentence, text) in [
            ("It costs $1.", "1 Flow meters"),
            ("It costs $ 500.", "每晚500元"),
            ("费用为￥140。", "Hotels cost up to 140 euros a night."),
            ("It costs 5 euros.", "Neuros: 5"),
            ("费用为140元。", "住宿费为140欧元"),
            ("费用为140元。", "住宿费为140日元"),
            ("It costs $500.", "It costs HK$500."),
            ("It grew by 12 %.", "It grew by 12 meters."),
        ] {
            assert!(!are_named(sentence, &[text]), "{sentence} | {text}");
        }
        for (sentence, text) in [
            ("It costs $1.", "The fee is one US dollar."),
            ("It costs $1.", "Price (USD) | 1"),
            ("€140 a night", "140 euros"),
            ("费用为￥140。", "住宿费为140元"),
            ("费用为￥140。", "It costs 140 yen."),
            ("费用为140元。", "人民币140"),
            ("About 12% of them", "some 12 per cent"),
            ("约12%", "百分之十二"),
            ("占百分之十二", "Share (%) | 12"),
            ("A sign alone, $, says nothing.", "x"),
            ("12 meters", "x"),
        ] {
            assert!(are_named(sentence, &[text]), "{sentence} | {text}");
        }
        assert!(are_named("It costs $1.", &["1", "Cost in dollars"]));
    }
}

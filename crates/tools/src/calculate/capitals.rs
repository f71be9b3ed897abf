//! Amounts of money in Chinese capitals (人民币大写), as the rules for bills and settlement vouchers
//! of the People's Bank of China (正确填写票据和结算凭证的基本规定) want them.

use super::error::Why;
use super::exact::{Exact, Rounding};

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];

/// 人民币 before it, 整 behind an amount without 分. Refuses fractions of a 分 and amounts from ten
/// thousand billions on.
pub(super) fn amount(value: &Exact) -> Result<String, Why> {
    /// In 分.
    const MOST: i64 = 1_000_000_000_000_000_000;

    let cents = value.clone().times(100);
    let Some(cents) = cents.as_whole().filter(|cents| cents.abs() < MOST) else {
        let rounded = value.round(2, Rounding::HalfUp);
        return Err(if rounded == *value {
            Why::new("the amount is too large", "write it in digits")
        } else {
            Why::new(
                "the amount has fractions of a cent",
                format!("round it first, for instance to {}", rounded.show_plain()),
            )
        });
    };
    let sign = if cents < 0 { "负" } else { "" };
    let cents = cents.unsigned_abs();
    let (yuan, jiao, fen) = (cents / 100, cents / 10 % 10, cents % 10);
    let name = |digit: u64| DIGITS[usize::try_from(digit).unwrap_or(0) % 10];
    let whole = match yuan {
        0 if jiao + fen > 0 => String::new(),
        yuan => format!("{}元", spell(yuan)),
    };
    let tail = match (jiao, fen) {
        (0, 0) => "整".to_owned(),
        (jiao, 0) => format!("{}角整", name(jiao)),
        (0, fen) if yuan > 0 => format!("零{}分", name(fen)),
        (0, fen) => format!("{}分", name(fen)),
        (jiao, fen) => format!("{}角{}分", name(jiao), name(fen)),
    };
    // The amount's last digit before 元 is zero: the rules put 零 before 角.
    let zero = if yuan > 0 && yuan.is_multiple_of(10) && jiao > 0 { "零" } else { "" };
    Ok(format!("人民币{sign}{whole}{zero}{tail}"))
}

fn spell(value: u64) -> String {
    for (size, unit) in [(100_000_000, "亿"), (10_000, "万")] {
        if value >= size {
            let (many, rest) = (value / size, value % size);
            let zero = if rest > 0 && rest < size / 10 { "零" } else { "" };
            let rest = if rest > 0 { spell(rest) } else { String::new() };
            return format!("{}{unit}{zero}{rest}", spell(many));
        }
    }
    below_ten_thousand(value)
}

fn below_ten_thousand(value: u64) -> String {
    if value == 0 {
        return DIGITS[0].to_owned();
    }
    let mut text = String::new();
    let mut gap = false;
    for (size, unit) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = usize::try_from(value / size % 10).unwrap_or(0);
        if digit == 0 {
            gap = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            text.push_str(DIGITS[0]);
        }
        text.push_str(DIGITS[digit]);
        text.push_str(unit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cents: i64) -> String {
        amount(&Exact::decimal(cents.into(), 2)).expect("an amount")
    }

    #[test]
    fn amounts_are_written_as_the_rules_want_them() {
        // The first six are the examples of the rules.
        let cases = [
            (140_950, "人民币壹仟肆佰零玖元伍角整"),
            (600_714, "人民币陆仟零柒元壹角肆分"),
            (168_032, "人民币壹仟陆佰捌拾元零叁角贰分"),
            (10_700_053, "人民币壹拾万柒仟元零伍角叁分"),
            (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),
            (32_504, "人民币叁佰贰拾伍元零肆分"),
            (12_000, "人民币壹佰贰拾元整"),
            (0, "人民币零元整"),
            (5, "人民币伍分"),
            (50, "人民币伍角整"),
            (1_000_000_000_500, "人民币壹佰亿零伍元整"),
            (10_000_000, "人民币壹拾万元整"),
            (-12_050, "人民币负壹佰贰拾元零伍角整"),
            (100_000_000_000_000, "人民币壹万亿元整"),
            (101_010_101, "人民币壹佰零壹万零壹佰零壹元零壹分"),
        ];
        for (cents, text) in cases {
            assert_eq!(of(cents), text, "{cents}");
        }
    }

    #[test]
    fn fractions_of_a_cent_and_huge_amounts_are_refused() {
        let why = amount(&Exact::decimal(12_345.into(), 3)).expect_err("it has half a cent");
        assert!(why.way_out.contains("12.35"), "{why}");
        assert!(amount(&Exact::whole(10_000_000_000_000_000)).is_err());
    }
}

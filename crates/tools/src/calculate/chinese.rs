//! Chinese numerals: 三万五千, 壹佰贰拾, 二〇二五, 3.5万.

use num_bigint::BigInt;
use num_traits::Zero;

use super::error::Why;

/// The value of a digit.
pub(super) fn digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '壹' | '幺' | '弌' => 1,
        '二' | '贰' | '貳' | '两' | '兩' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// The power of ten of a unit.
pub(super) fn unit(c: char) -> Option<u32> {
    Some(match c {
        '十' | '拾' => 1,
        '百' | '佰' => 2,
        '千' | '仟' => 3,
        '万' | '萬' => 4,
        '亿' | '億' => 8,
        _ => return None,
    })
}

pub(super) fn is_numeral(c: char) -> bool {
    digit(c).is_some() || unit(c).is_some()
}

/// The value of a run of numerals. Digits alone are read one by one; 三万五 and the like, which
/// people say for 三万五千, are refused.
pub(super) fn value(numerals: &[char]) -> Result<BigInt, Why> {
    if numerals.iter().all(|c| digit(*c).is_some()) {
        return Ok(numerals.iter().fold(BigInt::zero(), |sum, c| sum * 10 + digit(*c).unwrap_or(0)));
    }
    large(numerals, 8)
}

/// A number below ten to the power of 16, parted at its last unit of 亿 or 万.
fn large(numerals: &[char], power: u32) -> Result<BigInt, Why> {
    let is_split = |c: &char| unit(*c) == Some(power);
    let Some(at) = numerals.iter().rposition(is_split) else {
        return if power == 8 { large(numerals, 4) } else { small(numerals) };
    };
    let (before, behind) = (&numerals[..at], &numerals[at + 1..]);
    // 一万亿 has 万 before 亿; 万万 is not in use.
    if before.iter().any(is_split) {
        return Err(not_a_number(numerals));
    }
    let many = large(before, 4)?;
    if many.is_zero() {
        return Err(not_a_number(numerals));
    }
    let rest = rest_behind(behind, power)?;
    Ok(many * BigInt::from(10).pow(power) + rest)
}

fn rest_behind(behind: &[char], power: u32) -> Result<BigInt, Why> {
    if behind.is_empty() {
        return Ok(BigInt::zero());
    }
    if let [only] = behind
        && let Some(value) = digit(*only).filter(|value| *value > 0)
    {
        return Err(colloquial(value, power));
    }
    if power == 8 { large(behind, 4) } else { small(behind) }
}

/// A number below ten thousand.
fn small(numerals: &[char]) -> Result<BigInt, Why> {
    let mut total = BigInt::zero();
    let mut open: Option<u8> = None;
    let mut last_power = 4;
    let mut after_zero = false;
    for (at, c) in numerals.iter().enumerate() {
        match (digit(*c), unit(*c)) {
            (Some(0), _) if open.is_none() && !after_zero => after_zero = true,
            (Some(value), _) if open.is_none() && value > 0 => open = Some(value),
            (_, Some(power)) if power < last_power => {
                // 十五 is fifteen; a hundred wants its 一.
                let many = match open.take() {
                    Some(many) => many,
                    None if power == 1 && at == 0 => 1,
                    None => return Err(not_a_number(numerals)),
                };
                total += BigInt::from(many) * BigInt::from(10).pow(power);
                last_power = power;
                after_zero = false;
            }
            _ => return Err(not_a_number(numerals)),
        }
    }
    if let Some(ones) = open {
        // 一百二 is said for a hundred and twenty, 一百零二 is written for a hundred and two.
        if last_power > 1 && last_power < 4 && !after_zero {
            return Err(colloquial(ones, last_power));
        }
        total += BigInt::from(ones);
    } else if after_zero {
        return Err(not_a_number(numerals));
    }
    Ok(total)
}

fn not_a_number(numerals: &[char]) -> Why {
    let text: String = numerals.iter().collect();
    Why::new(format!("{text} is no number"), "write it in digits, or as in 三万五千零二十")
}

fn colloquial(last: u8, power: u32) -> Why {
    let digits = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let units = ["", "十", "百", "千", "万"];
    let name = digits[usize::from(last.min(9))];
    let long = match power {
        8 => format!("{name}千万"),
        power => format!("{name}{}", units[usize::try_from(power - 1).unwrap_or(0).min(4)]),
    };
    Why::new(
        format!("the last {name} may mean {long} or {name} alone"),
        format!("write {long} or 零{name} in its place"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<i64> {
        let numerals: Vec<char> = text.chars().collect();
        value(&numerals).ok().and_then(|value| i64::try_from(value).ok())
    }

    #[test]
    fn numerals_have_their_values() {
        let cases = [
            ("零", 0),
            ("十", 10),
            ("十五", 15),
            ("二十", 20),
            ("一百零二", 102),
            ("三万五千", 35_000),
            ("三万零五", 30_005),
            ("两千零二十", 2020),
            ("壹佰贰拾", 120),
            ("壹拾万柒仟", 107_000),
            ("一亿零五", 100_000_005),
            ("一亿二千万", 120_000_000),
            ("一万亿", 1_000_000_000_000),
            ("一万二千亿零三万", 1_200_000_030_000),
            ("二〇二五", 2025),
            ("玖仟玖佰玖拾玖", 9999),
        ];
        for (text, value) in cases {
            assert_eq!(read(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_may_be_two_is_refused() {
        for text in [
            "三万五",
            "一百二",
            "百",
            "万",
            "五十百",
            "一二百",
            "十十",
            "一千零",
            "零零一百",
            "一亿亿",
            "三万五百二",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let why = value(&['三', '万', '五']).expect_err("it may be two numbers");
        assert!(why.way_out.contains("五千") && why.way_out.contains("零五"), "{why}");
    }
}

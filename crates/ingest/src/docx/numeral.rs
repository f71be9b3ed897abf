//! The numbers of lists, in the notations that Word writes them in (ECMA-376 part 1, 17.18.59).

/// A number as `format` (the name in the file) writes it. An unknown notation falls back to digits.
pub(super) fn numeral(number: u32, format: &str) -> String {
    match format {
        "none" => String::new(),
        "decimalZero" => format!("{number:02}"),
        "upperRoman" => roman(number),
        "lowerRoman" => roman(number).to_lowercase(),
        "upperLetter" => letters(number, b'A'),
        "lowerLetter" => letters(number, b'a'),
        "chineseCounting"
        | "chineseCountingThousand"
        | "japaneseCounting"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand" => chinese(number),
        "ideographDigital" | "japaneseDigitalTenThousand" | "taiwaneseDigital" => {
            digits(number, ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'])
        }
        "decimalFullWidth" | "decimalFullWidth2" => {
            digits(number, ['０', '１', '２', '３', '４', '５', '６', '７', '８', '９'])
        }
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => one_of(number, "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
        "ideographTraditional" => one_of(number, "甲乙丙丁戊己庚辛壬癸"),
        "ideographZodiac" => one_of(number, "子丑寅卯辰巳午未申酉戌亥"),
        _ => number.to_string(),
    }
}

/// Small raised digits, as notes are marked.
pub(super) fn raised(number: u32) -> String {
    digits(number, ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'])
}

fn digits(number: u32, digits: [char; 10]) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|value| digits.get(value as usize).copied()).unwrap_or(c);
    number.to_string().chars().map(digit).collect()
}

fn one_of(number: u32, characters: &str) -> String {
    let index = number.checked_sub(1).map(|index| index as usize);
    index.and_then(|index| characters.chars().nth(index)).map_or_else(|| number.to_string(), String::from)
}

fn roman(number: u32) -> String {
    const STEPS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if number > 10_000 {
        return number.to_string();
    }
    let mut left = number;
    let mut roman = String::new();
    for (value, letters) in STEPS {
        while left >= value {
            roman.push_str(letters);
            left -= value;
        }
    }
    roman
}

/// A, B ... Z, AA, BB: Word repeats the letter.
fn letters(number: u32, first: u8) -> String {
    let Some(index) = number.checked_sub(1) else { return String::new() };
    if index >= 26 * 10 {
        return number.to_string();
    }
    let letter = char::from(first + (index % 26) as u8);
    std::iter::repeat_n(letter, (index / 26 + 1) as usize).collect()
}

fn chinese(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    if number == 0 || number >= 10_000 {
        return number.to_string();
    }
    let mut chinese = String::new();
    let mut skipped = false;
    for (value, unit) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = (number / value % 10) as usize;
        if digit == 0 {
            skipped = !chinese.is_empty();
            continue;
        }
        if skipped {
            chinese.push('零');
            skipped = false;
        }
        // Ten to nineteen begin with the unit.
        if !(digit == 1 && value == 10 && chinese.is_empty()) {
            chinese.push_str(DIGITS[digit]);
        }
        chinese.push_str(unit);
    }
    chinese
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_word_writes_them() {
        let chinese = |number| numeral(number, "chineseCountingThousand");
        assert_eq!(
            [1, 10, 11, 20, 105, 110, 1001].map(chinese),
            ["一", "十", "十一", "二十", "一百零五", "一百一十", "一千零一"]
        );
        assert_eq!([1, 4, 9, 1990].map(|number| numeral(number, "lowerRoman")), ["i", "iv", "ix", "mcmxc"]);
        assert_eq!([1, 26, 27].map(|number| numeral(number, "upperLetter")), ["A", "Z", "AA"]);
        assert_eq!([1, 20, 21].map(|number| numeral(number, "decimalEnclosedCircle")), ["①", "⑳", "21"]);
        assert_eq!(numeral(7, "decimalZero"), "07");
        assert_eq!(numeral(7, "somethingNew"), "7");
        assert_eq!(raised(12), "¹²");
    }
}

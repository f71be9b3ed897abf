//! Decimal numbers, kept as they are written.

use std::fmt;

use num_bigint::BigInt;
use num_traits::Signed;

use super::error::{WriteError, cut};

/// A decimal number such as `-1200.50`: digits, at most one point, no separators, no exponent. Its
/// zeros are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    text: String,
}

/// Longest number, in characters.
const CHARS: usize = 400;

/// Digits that a cell of a spreadsheet keeps (Excel specifications and limits: number precision).
const CELL_DIGITS: usize = 15;
/// Decimals that a number format shows at most.
const CELL_DECIMALS: usize = 30;
/// Digits before the point that a number format shows without trouble.
const CELL_WHOLE: usize = 100;

impl Decimal {
    pub fn read(text: &str) -> Result<Self, WriteError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if text.len() > CHARS || !is_digits(whole) || !is_digits(fraction) {
            let wrong = format!("`{}` is no plain decimal number", cut(text));
            return Err(WriteError::data("a number", wrong, "write it as in -1200.50, or give it as text"));
        }
        Ok(Self { text: text.to_owned() })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// With the decimals of the number that has most of them.
    pub(super) fn sum<'a>(numbers: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let decimals = numbers.clone().map(Self::decimals).max().unwrap_or(0);
        let sum: BigInt = numbers.map(|number| number.scaled(decimals)).sum();
        let digits = format!("{:0>width$}", sum.abs().to_string(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if sum.is_negative() { "-" } else { "" };
        let point = if decimals > 0 { "." } else { "" };
        Self { text: format!("{sign}{whole}{point}{fraction}") }
    }

    /// Digits after the point.
    pub(super) fn decimals(&self) -> usize {
        self.parts().1.len()
    }

    /// As a cell of a spreadsheet holds it; `None` when the cell could not show the text again digit
    /// for digit.
    pub(super) fn cell(&self) -> Option<f64> {
        let (whole, fraction) = self.parts();
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_matches('0').len();
        let is_padded = whole.len() > 1 && whole.starts_with('0');
        if significant > CELL_DIGITS
            || is_padded
            || fraction.len() > CELL_DECIMALS
            || whole.len() > CELL_WHOLE
        {
            return None;
        }
        // Zero has no sign in a cell.
        self.text.parse().ok().map(|value| if significant == 0 { 0.0 } else { value })
    }

    /// The digits before and after the point.
    fn parts(&self) -> (&str, &str) {
        let unsigned = self.text.strip_prefix('-').unwrap_or(&self.text);
        unsigned.split_once('.').unwrap_or((unsigned, ""))
    }

    /// Times ten to the power of `decimals`, which are at least its own.
    fn scaled(&self, decimals: usize) -> BigInt {
        let (whole, fraction) = self.parts();
        // They are digits, so they parse.
        let value: BigInt = format!("{whole}{fraction:0<decimals$}").parse().unwrap_or_default();
        if self.text.starts_with('-') { -value } else { value }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::read(text).expect("it is a number")
    }

    #[test]
    fn only_plain_decimals_are_numbers() {
        for text in ["0", "-12", "1200.50", "007", "0.10"] {
            assert_eq!(number(text).as_str(), text);
        }
        for text in ["", "-", ".5", "5.", "1,200", "1e3", "+1", " 1", "１", "--1", "1.2.3", "=1", "NaN"] {
            assert!(Decimal::read(text).is_err(), "{text}");
        }
        assert!(Decimal::read(&"1".repeat(CHARS + 1)).is_err());
    }

    #[test]
    fn sums_are_exact_and_keep_the_decimals() {
        let sum = |texts: &[&str]| {
            let numbers: Vec<Decimal> = texts.iter().map(|text| number(text)).collect();
            Decimal::sum(numbers.iter()).text
        };
        assert_eq!(sum(&["0.1", "0.2"]), "0.3");
        assert_eq!(sum(&["1.50", "-2"]), "-0.50");
        assert_eq!(sum(&["-0.05", "0.05"]), "0.00");
        assert_eq!(sum(&["99999999999999999999", "1"]), "100000000000000000000");
        assert_eq!(sum(&[]), "0");
    }

    #[test]
    fn a_cell_holds_only_what_it_can_show_again() {
        assert_eq!(number("123456789012345").cell(), Some(123_456_789_012_345.0));
        assert_eq!(number("1234567890123456").cell(), None);
        assert_eq!(number("1234567890.123456").cell(), None);
        assert_eq!(number("1000000000000000000").cell(), Some(1e18));
        assert_eq!(number("0.000000000000000001").cell(), Some(1e-18));
        assert_eq!(number("007").cell(), None);
        assert_eq!(number("0.50").cell(), Some(0.5));
        assert_eq!(number("-0").cell().map(f64::is_sign_positive), Some(true));
        assert_eq!(number(&format!("0.{}1", "0".repeat(30))).cell(), None);
    }
}

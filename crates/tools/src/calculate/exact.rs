//! Exact numbers: fractions of whole numbers.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// Bits of a numerator or denominator, at most: some 300 decimal digits.
const BITS: u64 = 1024;

/// Significant digits of a result whose decimals never end.
const ROUNDED_DIGITS: u32 = 20;

/// Decimals that are written out of a number whose decimals end.
const DECIMALS: u32 = 60;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exact(pub(super) BigRational);

/// How a number is rounded to some digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Half away from zero, as in commerce.
    HalfUp,
    /// Half to the even neighbour.
    HalfEven,
    Ceiling,
    Floor,
}

impl Exact {
    pub(super) fn whole(value: i64) -> Self {
        Self(BigRational::from_integer(value.into()))
    }

    /// `digits` as a whole number, divided by ten to the power of `decimals`.
    pub(super) fn decimal(digits: BigInt, decimals: u32) -> Self {
        Self(BigRational::new(digits, ten_to(decimals)))
    }

    pub(super) fn times(self, whole: i64) -> Self {
        Self(self.0 * BigInt::from(whole))
    }

    /// To a whole power; `None` when it would be too large, or is zero to a power below one.
    pub(super) fn power(&self, exponent: i32) -> Option<Self> {
        let times = u64::from(exponent.unsigned_abs());
        let bits = self.0.numer().bits().max(self.0.denom().bits());
        // One bit is 1 or -1, whose powers stay as small.
        if (bits > 1 && bits.saturating_mul(times) > BITS) || (self.is_zero() && exponent <= 0) {
            return None;
        }
        Some(Self(self.0.pow(exponent)))
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    pub(super) fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Whether it is too large to go on with.
    pub(super) fn is_too_large(&self) -> bool {
        self.0.numer().bits() > BITS || self.0.denom().bits() > BITS
    }

    /// The whole number that it is, within 64 bits.
    pub(super) fn as_whole(&self) -> Option<i64> {
        if self.0.is_integer() { i64::try_from(self.0.numer()).ok() } else { None }
    }

    /// Negative digits round to tens, hundreds and so on.
    pub(super) fn round(&self, digits: i32, rounding: Rounding) -> Self {
        let scale = BigRational::from_integer(ten_to(digits.unsigned_abs()));
        let scaled = if digits >= 0 { &self.0 * &scale } else { &self.0 / &scale };
        let floor = scaled.floor();
        let rest = &scaled - &floor;
        let half = BigRational::new(BigInt::one(), BigInt::from(2));
        let up = match rounding {
            Rounding::Ceiling => !rest.is_zero(),
            Rounding::Floor => false,
            Rounding::HalfUp => rest > half || (rest == half && !scaled.is_negative()),
            Rounding::HalfEven => rest > half || (rest == half && floor.numer().is_odd()),
        };
        let rounded = if up { floor + BigRational::one() } else { floor };
        Self(if digits >= 0 { rounded / scale } else { rounded * scale })
    }

    /// Decimals after which it ends; `None` when it never does, or only after very many.
    fn decimals(&self) -> Option<u32> {
        let (mut twos, mut fives) = (0, 0);
        let mut rest = self.0.denom().clone();
        for (prime, count) in [(2, &mut twos), (5, &mut fives)] {
            let prime = BigInt::from(prime);
            while rest.is_multiple_of(&prime) {
                rest /= &prime;
                *count += 1;
            }
        }
        let decimals = twos.max(fives);
        (rest.is_one() && decimals <= DECIMALS).then_some(decimals)
    }

    /// Whether it can be written out as it is.
    pub(super) fn is_decimal(&self) -> bool {
        self.decimals().is_some()
    }

    /// In decimal notation without separators; rounded when it never ends.
    pub(super) fn show_plain(&self) -> String {
        self.digits().0
    }

    /// In decimal notation with thousands parted; with the sign ≈ and its fraction where it is
    /// rounded and the fraction is short.
    pub(super) fn show(&self) -> String {
        /// Longest fraction that says more than its decimals, in characters.
        const FRACTION: usize = 30;

        let (plain, is_exact) = self.digits();
        let parted = part_thousands(&plain);
        let fraction = format!("{}/{}", self.0.numer(), self.0.denom());
        match (is_exact, fraction.len() <= FRACTION) {
            (true, _) => parted,
            (false, true) => format!("≈ {parted} ({fraction})"),
            (false, false) => format!("≈ {parted}"),
        }
    }

    fn digits(&self) -> (String, bool) {
        if let Some(decimals) = self.decimals() {
            return (write(&self.0, decimals), true);
        }
        let decimals = (i64::from(ROUNDED_DIGITS) - self.digits_in_front()).clamp(0, 1000) as i32;
        let rounded = self.round(decimals, Rounding::HalfUp);
        (write(&rounded.0, decimals.unsigned_abs()), false)
    }
}

impl Exact {
    /// Digits before the point; of a number below one, zeros behind it, as a negative number.
    fn digits_in_front(&self) -> i64 {
        let mut scaled = self.0.abs();
        if scaled >= BigRational::one() {
            return i64::try_from(scaled.to_integer().to_string().len()).unwrap_or(i64::MAX);
        }
        let mut zeros = 0;
        let ten = BigRational::from_integer(BigInt::from(10));
        while !scaled.is_zero() && scaled < BigRational::new(BigInt::one(), BigInt::from(10)) {
            scaled *= &ten;
            zeros -= 1;
        }
        zeros
    }
}

fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// A number whose decimals end within `decimals`, without zeros at its end.
fn write(value: &BigRational, decimals: u32) -> String {
    let scaled = (value * BigRational::from_integer(ten_to(decimals))).to_integer();
    let (sign, digits) = (scaled.sign(), scaled.magnitude().to_string());
    let decimals = decimals as usize;
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    let minus = if sign == Sign::Minus { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{minus}{whole}{point}{fraction}")
}

fn part_thousands(plain: &str) -> String {
    let (whole, fraction) = plain.split_once('.').map_or((plain, None), |(w, f)| (w, Some(f)));
    let (minus, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut parted = String::from(minus);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            parted.push(',');
        }
        parted.push(digit);
    }
    if let Some(fraction) = fraction {
        parted.push('.');
        parted.push_str(fraction);
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(numerator: i64, denominator: i64) -> Exact {
        Exact(BigRational::new(numerator.into(), denominator.into()))
    }

    #[test]
    fn numbers_are_written_without_loss_or_with_a_sign_for_it() {
        assert_eq!(fraction(123_456_789, 100).show(), "1,234,567.89");
        assert_eq!(fraction(-1, 8).show(), "-0.125");
        assert_eq!(fraction(0, 7).show(), "0");
        assert_eq!(fraction(1, 3).show(), "≈ 0.33333333333333333333 (1/3)");
        assert_eq!(fraction(-2_000_000, 3).show(), "≈ -666,666.66666666666667 (-2000000/3)");
        assert_eq!(fraction(1, 3000).show(), "≈ 0.00033333333333333333333 (1/3000)");
        assert!(fraction(1, 1 << 40).is_decimal());
        assert!(!fraction(1, 3).is_decimal());
    }

    #[test]
    fn halves_are_rounded_as_asked() {
        let cases = [
            (5, 2, 0, ["3", "2", "3", "2"]),
            (-5, 2, 0, ["-3", "-2", "-2", "-3"]),
            (7, 2, 0, ["4", "4", "4", "3"]),
            (1005, 1000, 2, ["1.01", "1", "1.01", "1"]),
            (-1001, 10, 0, ["-100", "-100", "-100", "-101"]),
            (1250, 1, -2, ["1300", "1200", "1300", "1200"]),
            (1, 3, 4, ["0.3333", "0.3333", "0.3334", "0.3333"]),
        ];
        let all = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Ceiling, Rounding::Floor];
        for (numerator, denominator, digits, rounded) in cases {
            let shown =
                all.map(|rounding| fraction(numerator, denominator).round(digits, rounding).show_plain());
            assert_eq!(shown, rounded, "{numerator}/{denominator} to {digits}");
        }
    }
}

//! The value of an expression, and the steps to it.

use num_bigint::BigInt;
use num_rational::BigRational;

use super::Aggregate;
use super::error::{CalculateError, Place, Why};
use super::exact::{Exact, Rounding};
use super::parser::{Expression, Function, Node, Sign, parse};

/// Lines of steps that are kept.
const LINES: usize = 200;

/// Largest exponent.
const EXPONENT: i64 = 1000;

/// Decimals and zeros that a number may be rounded to.
const ROUNDED: i64 = 30;

/// The steps to a value, one line for each.
#[derive(Debug, Default)]
pub(super) struct Steps {
    lines: Vec<String>,
    left_out: usize,
}

impl Steps {
    pub(super) fn note(&mut self, line: String) {
        if self.lines.len() < LINES {
            self.lines.push(line);
        } else {
            self.left_out += 1;
        }
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.left_out += others.left_out;
        others.lines.into_iter().for_each(|line| self.note(line));
    }

    pub(super) fn into_lines(mut self) -> Vec<String> {
        if self.left_out > 0 {
            self.lines.push(format!("and {} more steps", self.left_out));
        }
        self.lines
    }
}

/// The value of a text, the text written without doubt, and the steps.
pub(super) fn value_of(place: &Place) -> Result<(Exact, String, Steps), CalculateError> {
    let expression = parse(place)?;
    let mut steps = Steps::default();
    let value = Evaluation { place, steps: &mut steps }.value(&expression)?;
    Ok((value, expression.normalised(), steps))
}

/// A figure of a list; there is none of an empty one but its count and its sum.
pub(super) fn aggregate(function: Aggregate, values: &[Exact]) -> Result<Exact, Why> {
    let sum = || Exact(values.iter().map(|value| &value.0).sum::<BigRational>());
    let count = || BigInt::from(values.len());
    let found = match function {
        Aggregate::Sum => Some(sum()),
        Aggregate::Count => Some(Exact(BigRational::from_integer(count()))),
        Aggregate::Average if values.is_empty() => None,
        Aggregate::Average => Some(Exact(sum().0 / count())),
        Aggregate::Min => values.iter().min().cloned(),
        Aggregate::Max => values.iter().max().cloned(),
    };
    let found = found.ok_or_else(|| Why::new("there are no values", "name at least one"))?;
    if found.is_too_large() {
        return Err(Why::new("the result is too large", "calculate with smaller numbers"));
    }
    Ok(found)
}

struct Evaluation<'e> {
    place: &'e Place,
    steps: &'e mut Steps,
}

impl Evaluation<'_> {
    fn value(&mut self, expression: &Expression) -> Result<Exact, CalculateError> {
        let value = match &expression.node {
            Node::Number(number) => number.clone(),
            Node::Group(inner) => self.value(inner)?,
            Node::Negative(inner) => self.value(inner)?.times(-1),
            Node::Share(inner, whole) => {
                let inner = self.value(inner)?;
                let value = Exact(&inner.0 / BigInt::from(*whole));
                let sign = if *whole == 100 { "%" } else { "‰" };
                self.steps.note(format!("{}{sign} = {}", inner.show(), value.show()));
                value
            }
            Node::Pair(Sign::Power, base, exponent) => {
                let (base, exponent) = (self.value(base)?, self.value(exponent)?);
                self.pair(Sign::Power, &base, &exponent, expression)?
            }
            Node::Pair(..) => {
                let (first, others) = expression.chain();
                let mut value = self.value(first)?;
                for (sign, right, place) in others {
                    let right = self.value(right)?;
                    value = self.pair(sign, &value, &right, place)?;
                }
                value
            }
            Node::Call(function, values) => self.call(*function, values, expression)?,
        };
        self.check_size(value, expression)
    }

    fn check_size(&self, value: Exact, place: &Expression) -> Result<Exact, CalculateError> {
        if value.is_too_large() {
            let why = Why::new("the result is too large", "calculate with smaller numbers");
            return Err(self.refuse(place, why));
        }
        Ok(value)
    }

    /// One step; the place is that of its sign.
    fn pair(
        &mut self,
        sign: Sign,
        a: &Exact,
        b: &Exact,
        place: &Expression,
    ) -> Result<Exact, CalculateError> {
        if b.is_zero() && matches!(sign, Sign::Over | Sign::Rest) {
            return Err(self.refuse(place, Why::new("it divides by zero", "check the number behind it")));
        }
        let value = match sign {
            Sign::Plus => Exact(&a.0 + &b.0),
            Sign::Minus => Exact(&a.0 - &b.0),
            Sign::Times => Exact(&a.0 * &b.0),
            Sign::Over => Exact(&a.0 / &b.0),
            // Of the divisor's sign, as in a spreadsheet.
            Sign::Rest => Exact(&a.0 - &b.0 * (&a.0 / &b.0).floor()),
            Sign::Power => self.power(a, b, place)?,
        };
        let value = self.check_size(value, place)?;
        self.steps.note(format!("{} {} {} = {}", bracketed(a), sign.text(), bracketed(b), value.show()));
        Ok(value)
    }

    fn power(
        &self,
        base: &Exact,
        exponent: &Exact,
        expression: &Expression,
    ) -> Result<Exact, CalculateError> {
        let Some(whole) = exponent.as_whole().filter(|whole| whole.abs() <= EXPONENT) else {
            let why = Why::new(
                format!("the exponent is no whole number from -{EXPONENT} to {EXPONENT}"),
                "write a whole one; roots are not calculated",
            );
            return Err(self.refuse(expression, why));
        };
        let exponent = i32::try_from(whole).unwrap_or(i32::MAX);
        base.power(exponent).ok_or_else(|| {
            let why = if base.is_zero() {
                Why::new("zero has no power below one", "check the number before it")
            } else {
                Why::new("the result is too large", "calculate with smaller numbers")
            };
            self.refuse(expression, why)
        })
    }

    fn call(
        &mut self,
        function: Function,
        values: &[Expression],
        expression: &Expression,
    ) -> Result<Exact, CalculateError> {
        let numbers: Vec<Exact> = values.iter().map(|value| self.value(value)).collect::<Result<_, _>>()?;
        let value = match function {
            Function::Round => self.round(Rounding::HalfUp, &numbers, expression)?,
            Function::RoundHalfEven => self.round(Rounding::HalfEven, &numbers, expression)?,
            Function::Ceil => self.round(Rounding::Ceiling, &numbers, expression)?,
            Function::Floor => self.round(Rounding::Floor, &numbers, expression)?,
            Function::Abs => match numbers.as_slice() {
                [only] => only.clone().times(if only.is_negative() { -1 } else { 1 }),
                _ => return Err(self.refuse(expression, Why::new("abs takes one value", "write abs(-3)"))),
            },
            Function::Sum => self.aggregate(Aggregate::Sum, &numbers, expression)?,
            Function::Average => self.aggregate(Aggregate::Average, &numbers, expression)?,
            Function::Min => self.aggregate(Aggregate::Min, &numbers, expression)?,
            Function::Max => self.aggregate(Aggregate::Max, &numbers, expression)?,
            Function::Count => self.aggregate(Aggregate::Count, &numbers, expression)?,
        };
        let shown: Vec<String> = numbers.iter().map(Exact::show).collect();
        self.steps.note(format!("{}({}) = {}", function.name(), shown.join("; "), value.show()));
        Ok(value)
    }

    fn aggregate(
        &self,
        function: Aggregate,
        numbers: &[Exact],
        expression: &Expression,
    ) -> Result<Exact, CalculateError> {
        aggregate(function, numbers).map_err(|why| self.refuse(expression, why))
    }

    fn round(
        &self,
        rounding: Rounding,
        numbers: &[Exact],
        expression: &Expression,
    ) -> Result<Exact, CalculateError> {
        let (value, digits) = match numbers {
            [value] => (value, Some(0)),
            [value, digits] => (value, digits.as_whole().filter(|digits| digits.abs() <= ROUNDED)),
            _ => {
                let why =
                    Why::new("it takes a number and how many decimals to keep", "write round(2.345; 2)");
                return Err(self.refuse(expression, why));
            }
        };
        let Some(digits) = digits.and_then(|digits| i32::try_from(digits).ok()) else {
            let why = Why::new(
                format!("decimals are a whole number from -{ROUNDED} to {ROUNDED}"),
                "write round(2.345; 2)",
            );
            return Err(self.refuse(expression, why));
        };
        Ok(value.round(digits, rounding))
    }

    fn refuse(&self, expression: &Expression, why: Why) -> CalculateError {
        self.place.refuse(expression.from, expression.to, why)
    }
}

fn bracketed(value: &Exact) -> String {
    if value.is_negative() { format!("({})", value.show()) } else { value.show() }
}

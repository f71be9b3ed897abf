//! The grammar of expressions.
//!
//! ```text
//! sum      = product { ("+" | "-") product }
//! product  = sign { ("*" | "/" | "%" | "mod") sign }      the last two: the rest of a division
//! sign     = ("-" | "+") sign | power
//! power    = share [ "^" sign ]
//! share    = value { "%" | "‰" }                  behind a value: hundredths, thousandths
//! value    = number | "(" sum ")" | name "(" [ sum { (";" | ",") sum } ] ")"
//! ```

use super::error::{CalculateError, Place, Why};
use super::exact::Exact;
use super::lexer::{Lexeme, Token, lexemes};

/// Most brackets, signs and powers within each other.
const DEPTH: usize = 50;

/// Most values of a function.
const VALUES: usize = 1000;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    pub(super) node: Node,
    /// Where its sign, name or number stands: characters from 0, half open.
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(Exact),
    /// In brackets.
    Group(Box<Expression>),
    Negative(Box<Expression>),
    /// So many parts of the whole number.
    Share(Box<Expression>, i64),
    Pair(Sign, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Times,
    Over,
    /// The rest of a division.
    Rest,
    Power,
}

macro_rules! functions {
    ($($variant:ident: $first:literal $(| $other:literal)*,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($variant,)* }

        impl Function {
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($first $(| $other)* => Some(Self::$variant),)*
                    _ => None,
                }
            }

            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $first,)* }
            }

            fn names() -> String {
                [$($first,)*].join(", ")
            }
        }
    };
}

functions! {
    Round: "round",
    RoundHalfEven: "round_half_even",
    Ceil: "ceil" | "ceiling" | "roundup",
    Floor: "floor" | "rounddown",
    Abs: "abs",
    Sum: "sum",
    Average: "avg" | "average" | "mean",
    Min: "min",
    Max: "max",
    Count: "count",
}

/// Reads the whole text, or says where it is no expression.
pub(super) fn parse(place: &Place) -> Result<Expression, CalculateError> {
    let lexemes = lexemes(place)?;
    let mut parser = Parser { place, lexemes: &lexemes, at: 0, depth: 0 };
    let expression = parser.sum()?;
    match parser.peek() {
        None => Ok(expression),
        Some(lexeme) => Err(parser.unexpected(lexeme)),
    }
}

struct Parser<'p> {
    place: &'p Place,
    lexemes: &'p [Lexeme],
    at: usize,
    depth: usize,
}

impl<'p> Parser<'p> {
    fn peek(&self) -> Option<&'p Lexeme> {
        self.lexemes.get(self.at)
    }

    fn take(&mut self, token: &Token) -> bool {
        let is_next = self.peek().is_some_and(|lexeme| lexeme.token == *token);
        self.at += usize::from(is_next);
        is_next
    }

    fn sum(&mut self) -> Result<Expression, CalculateError> {
        let mut left = self.product()?;
        while let Some(lexeme) = self.peek() {
            let sign = match lexeme.token {
                Token::Sign('+') => Sign::Plus,
                Token::Sign('-') => Sign::Minus,
                _ => break,
            };
            self.at += 1;
            let right = self.product()?;
            let shares = |side: &Expression| matches!(side.node, Node::Share(..));
            // 1 + 6% is the same either way.
            let is_one = left.node == Node::Number(Exact::whole(1));
            if shares(&right) && !shares(&left) && !is_one {
                let why = Why::new(
                    "a percentage is added to a number, which may be meant of it or as it stands",
                    "write 200 * (1 + 15%) or 200 + (15%)",
                );
                return Err(self.place.refuse(lexeme.from, right.to, why));
            }
            left = pair(sign, left, right, lexeme);
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, CalculateError> {
        let mut left = self.sign()?;
        while let Some(lexeme) = self.peek() {
            let sign = match &lexeme.token {
                Token::Sign('*') => Sign::Times,
                Token::Sign('/') => Sign::Over,
                Token::Share(100) => Sign::Rest,
                Token::Name(name) if name == "mod" => Sign::Rest,
                _ => break,
            };
            self.at += 1;
            let right = self.sign()?;
            left = pair(sign, left, right, lexeme);
        }
        Ok(left)
    }

    fn sign(&mut self) -> Result<Expression, CalculateError> {
        let Some(lexeme) = self.peek() else { return self.power() };
        let is_minus = lexeme.token == Token::Sign('-');
        if !is_minus && lexeme.token != Token::Sign('+') {
            return self.power();
        }
        self.at += 1;
        let inner = self.within(lexeme, Self::sign)?;
        let node = if is_minus { Node::Negative(Box::new(inner)) } else { return Ok(inner) };
        Ok(Expression { node, from: lexeme.from, to: lexeme.to })
    }

    fn power(&mut self) -> Result<Expression, CalculateError> {
        let base = self.share()?;
        let Some(lexeme) = self.peek().filter(|lexeme| lexeme.token == Token::Sign('^')) else {
            return Ok(base);
        };
        self.at += 1;
        let exponent = self.within(lexeme, Self::sign)?;
        Ok(pair(Sign::Power, base, exponent, lexeme))
    }

    fn share(&mut self) -> Result<Expression, CalculateError> {
        let mut value = self.value()?;
        while let Some(lexeme) = self.peek() {
            let Token::Share(whole) = lexeme.token else { break };
            if self.lexemes.get(self.at + 1).is_some_and(begins_value) {
                break;
            }
            self.at += 1;
            value = Expression { from: value.from, to: lexeme.to, node: Node::Share(Box::new(value), whole) };
        }
        Ok(value)
    }

    fn value(&mut self) -> Result<Expression, CalculateError> {
        let Some(lexeme) = self.peek() else {
            let why = Why::new("a value is missing at the end", "write the number that belongs there");
            return Err(self.place.refuse(self.place.text.len(), self.place.text.len(), why));
        };
        self.at += 1;
        match &lexeme.token {
            Token::Number(number) => {
                let node = Node::Number(number.clone());
                Ok(Expression { node, from: lexeme.from, to: lexeme.to })
            }
            Token::Open => {
                let inner = self.within(lexeme, Self::sum)?;
                let to = self.close(lexeme)?;
                Ok(Expression { node: Node::Group(Box::new(inner)), from: lexeme.from, to })
            }
            Token::Name(name) => self.call(name, lexeme),
            _ => Err(self.unexpected(lexeme)),
        }
    }

    fn call(&mut self, name: &str, lexeme: &'p Lexeme) -> Result<Expression, CalculateError> {
        let Some(function) = Function::named(name) else {
            let why = Why::new("no function has this name", format!("write one of {}", Function::names()));
            return Err(self.place.refuse(lexeme.from, lexeme.to, why));
        };
        if !self.take(&Token::Open) {
            let why = Why::new("its values are missing", format!("write {name}(1; 2)"));
            return Err(self.place.refuse(lexeme.from, lexeme.to, why));
        }
        let mut values = Vec::new();
        if !self.take(&Token::Close) {
            loop {
                values.push(self.within(lexeme, Self::sum)?);
                if !self.take(&Token::Separator) {
                    break;
                }
            }
            self.close(lexeme)?;
        }
        if values.len() > VALUES {
            let why = Why::new(format!("it has more than {VALUES} values"), "calculate it in parts");
            return Err(self.place.refuse(lexeme.from, lexeme.to, why));
        }
        Ok(Expression { node: Node::Call(function, values), from: lexeme.from, to: lexeme.to })
    }

    /// The end of the bracket that closes what `opened` opened.
    fn close(&mut self, opened: &Lexeme) -> Result<usize, CalculateError> {
        match self.peek() {
            Some(lexeme) if lexeme.token == Token::Close => {
                self.at += 1;
                Ok(lexeme.to)
            }
            Some(lexeme) => Err(self.unexpected(lexeme)),
            None => {
                let why = Why::new("the bracket is never closed", "write ) where it ends");
                Err(self.place.refuse(opened.from, opened.to, why))
            }
        }
    }

    fn within(
        &mut self,
        lexeme: &Lexeme,
        read: impl FnOnce(&mut Self) -> Result<Expression, CalculateError>,
    ) -> Result<Expression, CalculateError> {
        self.depth += 1;
        if self.depth > DEPTH {
            let why = Why::new(
                format!("more than {DEPTH} brackets or signs stand within each other"),
                "calculate it in parts",
            );
            return Err(self.place.refuse(lexeme.from, lexeme.to, why));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn unexpected(&self, lexeme: &Lexeme) -> CalculateError {
        let why = match lexeme.token {
            Token::Number(_) | Token::Open | Token::Name(_) => {
                Why::new("a sign is missing before it", "write +, -, * or / between two values")
            }
            Token::Close => {
                Why::new("no value or bracket stands before it", "take it out, or write what is missing")
            }
            Token::Separator => Why::new(
                "values are parted only within a function",
                "write sum(1; 2), and numbers without commas",
            ),
            Token::Sign(_) | Token::Share(_) => {
                Why::new("a value is missing before it", "write the number that belongs there")
            }
        };
        self.place.refuse(lexeme.from, lexeme.to, why)
    }
}

fn begins_value(lexeme: &Lexeme) -> bool {
    matches!(lexeme.token, Token::Number(_) | Token::Open | Token::Name(_))
}

fn pair(sign: Sign, left: Expression, right: Expression, lexeme: &Lexeme) -> Expression {
    Expression { node: Node::Pair(sign, Box::new(left), Box::new(right)), from: lexeme.from, to: lexeme.to }
}

impl Expression {
    /// The first value of a chain such as `a + b - c`, then each sign with its right side and the
    /// place of the sign, from the left. A chain may be as long as the text, so it is no recursion.
    pub(super) fn chain(&self) -> (&Self, Vec<(Sign, &Self, &Self)>) {
        let mut first = self;
        let mut others = Vec::new();
        while let Node::Pair(sign, left, right) = &first.node
            && *sign != Sign::Power
        {
            others.push((*sign, right.as_ref(), first));
            first = left;
        }
        others.reverse();
        (first, others)
    }

    /// Written so that it can be read in one way only.
    pub(super) fn normalised(&self) -> String {
        match &self.node {
            Node::Number(number) => number.show_plain(),
            Node::Group(inner) => format!("({})", inner.normalised()),
            Node::Negative(inner) => match inner.node {
                Node::Number(_) | Node::Group(_) | Node::Call(..) => format!("-{}", inner.normalised()),
                _ => format!("-({})", inner.normalised()),
            },
            Node::Share(inner, whole) => {
                format!("{}{}", inner.normalised(), if *whole == 100 { "%" } else { "‰" })
            }
            Node::Pair(Sign::Power, base, exponent) => {
                let exponent = match exponent.node {
                    // Powers of powers are read from the right.
                    Node::Pair(..) | Node::Negative(_) => format!("({})", exponent.normalised()),
                    _ => exponent.normalised(),
                };
                format!("{} ^ {exponent}", base.normalised())
            }
            Node::Pair(..) => {
                let (first, others) = self.chain();
                let mut text = first.normalised();
                for (sign, right, _) in others {
                    text.push_str(&format!(" {} {}", sign.text(), right.normalised()));
                }
                text
            }
            Node::Call(function, values) => {
                let values: Vec<String> = values.iter().map(Self::normalised).collect();
                format!("{}({})", function.name(), values.join("; "))
            }
        }
    }
}

impl Sign {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "×",
            Self::Over => "÷",
            Self::Rest => "mod",
            Self::Power => "^",
        }
    }
}

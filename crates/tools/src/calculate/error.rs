//! Errors that name the place and the way out.

use super::{LIST, TEXT_CHARS};

/// Why nothing could be calculated. Only the arguments can be at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{argument}{}{}: {why}", at(*character), quoted(part))]
pub struct CalculateError {
    /// The argument's name, of a list with the index from 0.
    pub argument: String,
    /// From 1; `None` when it is about the whole argument.
    pub character: Option<usize>,
    /// What stands there.
    pub part: String,
    /// What is wrong and what to write instead.
    pub why: Why,
}

/// What is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; {way_out}")]
pub struct Why {
    pub wrong: String,
    pub way_out: String,
}

impl Why {
    pub(super) fn new(wrong: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), way_out: way_out.into() }
    }
}

fn at(character: Option<usize>) -> String {
    character.map_or_else(String::new, |character| format!(", character {character}"))
}

fn quoted(part: &str) -> String {
    /// Longest part that is quoted, in characters.
    const CHARS: usize = 60;

    let cut: String = part.chars().take(CHARS).collect();
    match (part.is_empty(), cut.len() < part.len()) {
        (true, _) => String::new(),
        (false, true) => format!(" (`{cut}…`)"),
        (false, false) => format!(" (`{cut}`)"),
    }
}

impl CalculateError {
    pub(super) fn new(argument: impl Into<String>, character: Option<usize>, part: String, why: Why) -> Self {
        Self { argument: argument.into(), character, part, why }
    }
}

/// An argument's text, with its name for errors.
#[derive(Debug)]
pub(super) struct Place {
    argument: String,
    pub(super) text: Vec<char>,
}

impl Place {
    /// Refuses a text that is too long, and one of nothing but blanks.
    pub(super) fn of(argument: &str, text: &str) -> Result<Self, CalculateError> {
        let text: Vec<char> = text.chars().take(TEXT_CHARS + 1).collect();
        let place = Self { argument: argument.to_owned(), text };
        if place.text.len() > TEXT_CHARS {
            let why = Why::new(format!("it is longer than {TEXT_CHARS} characters"), "calculate it in parts");
            return Err(CalculateError::new(argument, None, String::new(), why));
        }
        if place.text.iter().all(|c| c.is_whitespace()) {
            return Err(place.refuse_whole(Why::new("it is empty", "write what is to be calculated")));
        }
        Ok(place)
    }

    /// `from`, `to`: characters from 0, half open.
    pub(super) fn refuse(&self, from: usize, to: usize, why: Why) -> CalculateError {
        let to = to.clamp(from.min(self.text.len()), self.text.len());
        let part = self.text[from.min(to)..to].iter().collect();
        CalculateError::new(&self.argument, Some(from + 1), part, why)
    }

    pub(super) fn refuse_whole(&self, why: Why) -> CalculateError {
        CalculateError::new(&self.argument, None, self.text.iter().collect(), why)
    }
}

pub(super) fn check_list(argument: &str, list: &[String]) -> Result<(), CalculateError> {
    if list.len() <= LIST {
        return Ok(());
    }
    let why = Why::new(format!("it has {} values, the limit is {LIST}", list.len()), "calculate it in parts");
    Err(CalculateError::new(argument, None, String::new(), why))
}

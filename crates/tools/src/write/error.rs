//! Why nothing was written, cut by what can be done about it.

use std::error::Error;

use super::template::Placeholder;

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The data is at fault: give other data.
    #[error("{place}: {wrong}; {way_out}")]
    Data { place: String, wrong: String, way_out: &'static str },
    /// A limit is met: give less at once.
    #[error("{wrong}; {way_out}")]
    TooLarge { wrong: String, way_out: &'static str },
    /// No font of the machine has a character: install one, or leave the character out.
    #[error("{place}: no font here has {characters}; {way_out}")]
    Font { place: String, characters: String, way_out: &'static str },
    /// The template is no file that can be filled: choose another one or save it anew.
    #[error("the template can't be used: {wrong}; {way_out}")]
    NotDocx { wrong: String, way_out: &'static str },
    #[error("the template can't be used: {wrong}; {way_out}")]
    NotXlsx { wrong: String, way_out: &'static str },
    #[error("the template holds macros ({part}); save it as .{ending}, which has none")]
    Macros { part: String, ending: &'static str },
    #[error("the template is protected by a password; save a copy without one")]
    Encrypted,
    /// The text of the template is at fault: correct it there.
    #[error("{part}: `{placeholder}`: {wrong}; {way_out}")]
    Placeholder { part: String, placeholder: String, wrong: String, way_out: &'static str },
    /// The template and the values don't fit together: give the values or change the template.
    #[error(
        "the template wants what is not given: {}; give it, or take it out of the template",
        listed(names)
    )]
    Unknown { names: Vec<Placeholder> },
    /// Something of the template can't be filled, or can't move with its rows: change it there.
    #[error("{place}: {wrong}; {way_out}")]
    Fixed { place: String, wrong: String, way_out: &'static str },
    /// Nothing that was given is at fault.
    #[error("cannot {doing}: {source}")]
    Failed { doing: &'static str, source: Box<dyn Error + Send + Sync> },
}

impl WriteError {
    pub(super) fn data(place: impl Into<String>, wrong: impl Into<String>, way_out: &'static str) -> Self {
        Self::Data { place: place.into(), wrong: wrong.into(), way_out }
    }

    pub(super) fn failed(doing: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed { doing, source: Box::new(source) }
    }
}

fn listed(names: &[Placeholder]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The beginning of a text, short enough for a message.
pub(super) fn cut(text: &str) -> String {
    /// In characters.
    const LONGEST: usize = 60;

    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

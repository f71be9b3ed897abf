//! Cases in which two sources contradict each other, and those in which they only seem to.

use serde::Deserialize;

use super::*;
use crate::passage::{Anchor, CharRange, PassageId};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    said: String,
    #[serde(default)]
    said_heading: String,
    quote: Option<String>,
    found: String,
    #[serde(default)]
    found_heading: String,
    conflict: Option<String>,
    /// The conflict is not found, for the sake of those that would be false.
    #[serde(default)]
    missed: bool,
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(include_str!("cases.toml")).expect("the cases can be read").case
}

fn passage(source: i64, text: &str, heading: &str) -> Passage {
    let range = CharRange::new(0, text.chars().count());
    let anchor = Anchor { source: SourceId(source), page: 1, range };
    Passage { id: PassageId(source), anchor, text: text.into(), heading: heading.into() }
}

impl Case {
    fn conflicts(&self) -> Vec<Citation> {
        let passages =
            [passage(1, &self.said, &self.said_heading), passage(2, &self.found, &self.found_heading)];
        let quote = self.quote.as_deref().unwrap_or(&self.said);
        let start = self.said.find(quote).expect("the quote stands in the text");
        let bound = citation(&passages[0], start..start + quote.len());
        Statements::of(&passages).contradicting(quote, &[bound])
    }
}

#[test]
fn every_case_is_told_rightly() {
    for case in cases() {
        let found: Vec<String> = case.conflicts().into_iter().map(|citation| citation.quote).collect();
        // A clause's number may stand in a sentence of its own.
        let is_right =
            |quote: &String| case.conflict.as_ref().is_some_and(|said| said.ends_with(quote.as_str()));
        assert!(found.iter().all(is_right), "{}: {found:?}", case.name);
        assert_eq!(found.is_empty(), case.conflict.is_none() || case.missed, "{}", case.name);
    }
}

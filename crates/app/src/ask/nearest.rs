//! Which sentence of the found passages is nearest to the question, and whether that is near enough.

use inhouse_agent::answer::sentence::sentence_ranges;
use inhouse_agent::answer::terms::Terms;
use inhouse_agent::answer::{Language, Nearest};
use inhouse_agent::embed::Purpose;
use inhouse_agent::passage::Passage;

use crate::AppError;
use crate::engine::Finder;

/// Passages that are looked at, best first: the answer hardly ever stands further down, and each
/// takes about a tenth of a second.
const PASSAGES: usize = 4;
/// Worth of a sentence's having all words of the question, against a cosine of 1. Alone, neither the
/// meaning nor the words tell as well what a sentence speaks of.
const WORDS: f32 = 0.06;

/// The nearest sentence, or `None` when the embedding model does not say from where on a sentence
/// is evidence, or not for this language.
pub fn nearest(finder: &Finder, question: &str, passages: &[Passage]) -> Result<Option<Nearest>, AppError> {
    let language = Language::of(question);
    let Some(floor) = finder.evidence.get(code(language)) else { return Ok(None) };
    let sentences: Vec<_> = passages
        .iter()
        .take(PASSAGES)
        .enumerate()
        .flat_map(|(at, passage)| sentence_ranges(&passage.text).into_iter().map(move |range| (at, range)))
        .filter(|(at, range)| {
            passages[*at].text[range.clone()].chars().filter(|c| c.is_alphanumeric()).count() > 3
        })
        .collect();
    let texts: Vec<&str> = sentences.iter().map(|(at, range)| &passages[*at].text[range.clone()]).collect();
    let asked = finder.embedder.embed(&[question], Purpose::Query)?;
    let said = finder.embedder.embed(&texts, Purpose::Passage)?;
    let Some(asked) = asked.first() else { return Ok(None) };
    let near = |vector: &Vec<f32>| vector.iter().zip(asked).map(|(a, b)| a * b).sum::<f32>();
    let best = sentences.into_iter().zip(said.iter().map(near)).max_by(|a, b| a.1.total_cmp(&b.1));
    Ok(best.map(|((passage, range), cosine)| {
        let sentence = &passages[passage].text[range.clone()];
        // Over languages the scale is another one, and nothing is known about it.
        let crosses = Language::of(sentence) != language;
        let is_near = cosine + WORDS * words_in_common(question, sentence) >= *floor;
        Nearest { passage, range, is_evidence: crosses || is_near }
    }))
}

/// Share of the question's words that a sentence has; 0 when the question has none to tell by.
fn words_in_common(question: &str, sentence: &str) -> f32 {
    let asked = Terms::of(question);
    if asked.words.is_empty() { 0.0 } else { asked.recall_in(&Terms::of(sentence)) }
}

/// ISO 639-1.
fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Chinese => "zh",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_without_words_of_its_own_has_none_in_common() {
        assert_eq!(words_in_common("Who is it?", "Meals cost 45 euros."), 0.0);
        assert_eq!(words_in_common("What do meals cost?", "Meals cost 45 euros."), 1.0);
        assert_eq!(words_in_common("What do hotels cost?", "Meals cost 45 euros."), 0.5);
    }
}

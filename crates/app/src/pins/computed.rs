//! What of a collection is computed ahead, as it is noted beside the files: told without loading a model.

use inhouse_agent::chat::Beginning;
use inhouse_agent::passage::Passage;
use sha2::Digest;

use super::{Instructions, is_usable};
use crate::{App, AppError, blocking};

/// How much of a pinned collection is computed by the model in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Computed {
    /// Sources that can be used, and those of them of which all is computed.
    pub sources: usize,
    pub complete: usize,
    /// Of disk, for all of its sources, by all models.
    pub bytes: u64,
}

impl App {
    /// Tells how much of a collection is computed ahead. Loads no model, and never tells too much: a source
    /// counts when all of it is there.
    pub async fn computed(&self, name: &str) -> Result<Computed, AppError> {
        let sources = self.sources_in(&[name.to_owned()])?;
        let instructions = self.instructions_over(name)?;
        // Without one nothing is computed by it, and what is there takes room all the same.
        let model = self.locate_chat_model_for(None).map_or(String::new(), |(model, _)| model.id);
        let (app, folder) = (self.clone(), self.home().pinned());
        blocking(move || {
            let measure = |source| AppError::io("measure", &folder, source);
            let mut computed = Computed { sources: 0, complete: 0, bytes: 0 };
            for id in sources {
                computed.bytes += inhouse_llm::bytes_of_source(&folder, id.0).map_err(measure)?;
                if is_usable(app.source(id)?.state) {
                    computed.sources += 1;
                    let all = beginnings(&app.record().passages_of(id)?, &instructions);
                    let complete = inhouse_llm::is_complete(&folder, &model, id.0, &name_of(&all));
                    computed.complete += usize::from(complete.map_err(measure)?);
                }
            }
            Ok(computed)
        })
        .await?
    }
}

/// What prompts begin with in which a passage of a source stands first.
pub(super) fn beginnings(passages: &[Passage], instructions: &[Instructions]) -> Vec<Beginning> {
    let each = passages.iter().flat_map(|passage| instructions.iter().map(move |own| own.before(passage)));
    each.collect()
}

/// A name for all that is computed of a source; another one when the rules, the instructions or the
/// passages are others.
pub(super) fn name_of(beginnings: &[Beginning]) -> String {
    let mut hasher = sha2::Sha256::new();
    for message in beginnings.iter().flat_map(|beginning| &beginning.messages) {
        hasher.update((message.content.len() as u64).to_le_bytes());
        hasher.update(&message.content);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use inhouse_agent::passage::{Anchor, CharRange, PassageId};
    use inhouse_agent::source::SourceId;

    use super::*;

    #[test]
    fn what_is_computed_has_another_name_when_anything_of_it_is_another() {
        let passage = |text: &str| Passage {
            id: PassageId(1),
            anchor: Anchor { source: SourceId(1), page: 1, range: CharRange::new(0, text.len()) },
            text: text.into(),
            heading: "Hotels".into(),
        };
        let own = |english: &str| Instructions { english: english.into(), chinese: String::new() };
        let name = |texts: &[&str], agents: &[&str]| {
            let passages: Vec<Passage> = texts.iter().map(|text| passage(text)).collect();
            let instructions: Vec<Instructions> = agents.iter().map(|english| own(english)).collect();
            name_of(&beginnings(&passages, &instructions))
        };
        let first = name(&["A night costs 140 EUR.", "Meals are paid."], &[""]);
        assert_eq!(first, name(&["A night costs 140 EUR.", "Meals are paid."], &[""]));
        for other in [
            name(&["A night costs 155 EUR.", "Meals are paid."], &[""]),
            name(&["A night costs 140 EUR."], &[""]),
            name(&["A night costs 140 EUR.", "Meals are paid."], &["Be brief."]),
            name(&["A night costs 140 EUR.", "Meals are paid."], &["", "Be brief."]),
        ] {
            assert_ne!(first, other);
        }
    }
}

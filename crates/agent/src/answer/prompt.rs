//! How a question and its passages are laid out for the model.

use crate::answer::Language;
use crate::chat::{ChatModel, Message, ModelError};
use crate::passage::Passage;

/// Messages for the model, and how many of the passages they hold.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub messages: Vec<Message>,
    /// Passages in the prompt, from the best on; the rest found no room.
    pub used: usize,
    pub tokens: usize,
}

/// Lays out as many of `passages` (best first) as `budget` tokens of prompt allow, but at least
/// one. What is the same for every question stands first, so that it is read only once.
///
/// `instructions` are an agent's own, before the rules of answering; may be empty.
///
/// `room` is what the model's context leaves for the prompt; when not even one passage fits there,
/// the error is [`ModelError::PromptTooLong`].
pub fn lay_out(
    model: &dyn ChatModel,
    instructions: &str,
    question: &str,
    passages: &[Passage],
    budget: usize,
    room: usize,
) -> Result<Prompt, ModelError> {
    let mut used = 0;
    let mut best = None;
    while used < passages.len() {
        let messages = messages(instructions, question, &passages[..used + 1]);
        let tokens = model.count_prompt_tokens(&messages)?;
        if tokens > room || (used > 0 && tokens > budget) {
            if used == 0 {
                return Err(ModelError::PromptTooLong { model: model.id().to_owned(), tokens, limit: room });
            }
            break;
        }
        used += 1;
        best = Some(Prompt { messages, used, tokens });
    }
    match best {
        Some(prompt) => Ok(prompt),
        None => {
            let messages = messages(instructions, question, &[]);
            let tokens = model.count_prompt_tokens(&messages)?;
            Ok(Prompt { messages, used: 0, tokens })
        }
    }
}

/// What the prompts of all questions that stand on `passage` first begin with, in the language of the
/// question; something follows in the last message.
pub fn beginning(instructions: &str, language: Language, passage: &Passage) -> Vec<Message> {
    let (rules, _) = rules(language);
    vec![system(instructions, rules), Message::user(numbered(1, passage))]
}

fn messages(instructions: &str, question: &str, passages: &[Passage]) -> Vec<Message> {
    let (rules, asked) = rules(Language::of(question));
    let mut user: String = (1..).zip(passages).map(|(number, passage)| numbered(number, passage)).collect();
    user.push_str(asked);
    user.push_str(question.trim());
    vec![system(instructions, rules), Message::user(user)]
}

/// The rules of answering, and what stands before the question.
fn rules(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => (include_str!("../../prompts/answer.en.txt"), "Question: "),
        Language::Chinese => (include_str!("../../prompts/answer.zh.txt"), "问题："),
    }
}

fn system(instructions: &str, rules: &str) -> Message {
    Message::system(format!("{}\n{}", instructions.trim(), rules.trim_end()).trim_start())
}

fn numbered(number: usize, passage: &Passage) -> String {
    let mut text = format!("[{number}] ");
    if !passage.heading.is_empty() && !passage.text.contains(&passage.heading) {
        text.push_str(&passage.heading);
        text.push('\n');
    }
    text.push_str(passage.text.trim());
    text.push_str("\n\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::{Anchor, CharRange, PassageId};
    use crate::source::SourceId;

    #[test]
    fn every_prompt_that_stands_on_a_passage_begins_as_it_was_said_to() {
        let passage = |text: &str, heading: &str| Passage {
            id: PassageId(1),
            anchor: Anchor { source: SourceId(1), page: 1, range: CharRange::new(0, 1) },
            text: text.into(),
            heading: heading.into(),
        };
        let first = passage("Hotels cost up to EUR 170.", "Travel");
        for (question, language) in
            [("What may a hotel cost?", Language::English), ("住宿费多少？", Language::Chinese)]
        {
            let beginning = beginning("You are Ada.", language, &first);
            for others in [vec![], vec![passage("Taxis need a receipt.", "")]] {
                let all = [vec![first.clone()], others].concat();
                let messages = messages("You are Ada.", question, &all);
                assert_eq!(messages[0], beginning[0]);
                assert!(messages[1].content.starts_with(&beginning[1].content), "{messages:?}");
            }
        }
    }
}

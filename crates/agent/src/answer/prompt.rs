//! How a question and its passages are laid out for the model.

use crate::answer::Language;
use crate::chat::{ChatModel, Message, ModelError};
use crate::passage::Passage;

/// Tokens that have to be saved for passages to change places.
const WORTH: usize = 32;

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

/// An order of passages that are as good as each other, in which most of the prompt need not be read: what
/// the model knows already comes first. Without anything known it is the order in which they are given.
pub fn order_for_reuse(
    model: &dyn ChatModel,
    instructions: &str,
    question: &str,
    passages: &[Passage],
) -> Result<Vec<usize>, ModelError> {
    let mut left: Vec<usize> = (0..passages.len()).collect();
    let mut ordered: Vec<usize> = Vec::new();
    while left.len() > 1 {
        let (mut first, mut most) = (0, 0);
        for (at, passage) in left.iter().enumerate() {
            let order = ordered.iter().chain([passage]);
            let chosen: Vec<Passage> = order.map(|number| passages[*number].clone()).collect();
            let known = model.known(&messages(instructions, question, &chosen))?;
            if at == 0 || known >= most + WORTH {
                (first, most) = (at, known);
            }
        }
        ordered.push(left.remove(first));
    }
    ordered.append(&mut left);
    Ok(ordered)
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
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use super::*;
    use crate::cancel::Cancel;
    use crate::chat::{Beginning, ChatEvent, ChatRequest, Completion, Prepared};
    use crate::passage::{Anchor, CharRange, PassageId};
    use crate::source::SourceId;

    /// A model that knows some beginnings of the last message.
    struct Knows(&'static [&'static str]);

    impl ChatModel for Knows {
        fn id(&self) -> &str {
            "knows"
        }
        fn context(&self) -> usize {
            4096
        }
        fn count_prompt_tokens(&self, messages: &[Message]) -> Result<usize, ModelError> {
            Ok(messages.iter().map(|message| message.content.len()).sum())
        }
        fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
            Ok(text.len())
        }
        fn complete(
            &self,
            _: &ChatRequest,
            _: &Cancel,
            _: &mut dyn FnMut(ChatEvent<'_>),
        ) -> Result<Completion, ModelError> {
            unreachable!("nothing is written")
        }
        fn first_token_logprobs(
            &self,
            _: &[Message],
            _: &[&str],
            _: &Cancel,
        ) -> Result<Vec<f32>, ModelError> {
            unreachable!("nothing is read")
        }
        fn known(&self, messages: &[Message]) -> Result<usize, ModelError> {
            let prompt = messages[1].content.as_bytes();
            let common = |known: &&str| known.bytes().zip(prompt).take_while(|(a, b)| a == *b).count();
            Ok(self.0.iter().map(common).max().unwrap_or(0))
        }
        fn prepare(&self, _: &Beginning, _: &Cancel) -> Result<Prepared, ModelError> {
            unreachable!("nothing is computed ahead")
        }
        fn bytes_kept_of_a_token(&self) -> u64 {
            1
        }
        fn forget(&self) {}
    }

    #[test]
    fn passages_that_the_model_has_read_come_first() {
        let passages = [
            "Hotels cost up to EUR 170 a night.",
            "Taxis need a receipt, at any hour.",
            "Meals cost up to EUR 45 a day.",
        ]
        .map(|text| Passage {
            id: PassageId(1),
            anchor: Anchor { source: SourceId(1), page: 1, range: CharRange::new(0, 1) },
            text: text.into(),
            heading: String::new(),
        });
        let order = |known| order_for_reuse(&Knows(known), "", "Why?", &passages).unwrap();
        assert_eq!(order(&[]), [0, 1, 2]);
        assert_eq!(order(&["[1] Taxis need a receipt, at any hour.\n\n"]), [1, 0, 2]);
        assert_eq!(
            order(&[
                "[1] Meals cost up to EUR 45 a day.\n\n[2] Taxis need a receipt, at any hour.\n\nQuestion: What?"
            ]),
            [2, 1, 0]
        );
        // What stood elsewhere in another prompt is of no use.
        assert_eq!(order(&["[1] Trains.\n\n[2] Meals cost up to EUR 45 a day.\n\n"]), [0, 1, 2]);
    }

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

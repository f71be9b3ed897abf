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

fn messages(instructions: &str, question: &str, passages: &[Passage]) -> Vec<Message> {
    let (rules, asked) = match Language::of(question) {
        Language::English => (include_str!("../../prompts/answer.en.txt"), "Question: "),
        Language::Chinese => (include_str!("../../prompts/answer.zh.txt"), "问题："),
    };
    let mut user = String::new();
    for (number, passage) in (1..).zip(passages) {
        user.push_str(&format!("[{number}] "));
        if !passage.heading.is_empty() && !passage.text.contains(&passage.heading) {
            user.push_str(&passage.heading);
            user.push('\n');
        }
        user.push_str(passage.text.trim());
        user.push_str("\n\n");
    }
    user.push_str(asked);
    user.push_str(question.trim());
    let system = format!("{}\n{}", instructions.trim(), rules.trim_end());
    vec![Message::system(system.trim_start()), Message::user(user)]
}

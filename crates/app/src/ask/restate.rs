//! A question that leans on the one before it is restated by the model, so that it can be searched for and
//! answered by itself.

use std::time::Instant;

use inhouse_agent::answer::follow_up::{self, Exchange};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatRequest, Finish, Priority, Sampling};

use crate::ask::AskEvent;
use crate::{App, AppError, blocking};

/// Tokens of a restated question at most.
const TOKENS: usize = 96;

/// A question as it was understood, and what that took.
pub(super) struct Restated {
    pub(super) question: String,
    pub(super) prompt_tokens: usize,
    pub(super) answer_tokens: usize,
}

impl App {
    /// `None` when a person stopped it.
    pub(super) async fn restate(
        &self,
        before: &Exchange,
        question: &str,
        model: Option<&str>,
        cancel: &Cancel,
        on_event: &(dyn Fn(AskEvent) + Send + Sync),
    ) -> Result<Option<Restated>, AppError> {
        let Some(chat) = self.loaded(model.map(str::to_owned), cancel, on_event).await? else {
            return Ok(None);
        };
        let request = ChatRequest {
            messages: follow_up::restating(before, question),
            common: 1,
            priority: Priority::Person,
            max_tokens: TOKENS,
            sampling: Sampling::default(),
            stop: vec!["\n".into()],
            constraint: None,
        };
        let begun = Instant::now();
        let cancel = cancel.clone();
        let completion =
            blocking(move || Ok::<_, AppError>(chat.complete(&request, &cancel, &mut |_| {})?)).await??;
        tracing::debug!(elapsed = ?begun.elapsed(), "restated a question");
        if completion.finish == Finish::Cancelled {
            return Ok(None);
        }
        // A line that was cut is no question.
        let written = if completion.finish == Finish::Length { "" } else { completion.text.as_str() };
        let restated = follow_up::restated(before, question, written);
        if restated != question {
            on_event(AskEvent::Understood(restated.clone()));
        }
        Ok(Some(Restated {
            question: restated,
            prompt_tokens: completion.prompt_tokens,
            answer_tokens: completion.answer_tokens,
        }))
    }
}

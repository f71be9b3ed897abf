//! What an agent computes when it is asked something to compute: its tool does, the model only says what.

use std::time::Instant;

use inhouse_agent::answer::Language;
use inhouse_agent::call::{Asked, Called, ToolSpec, call_tool};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::ChatRequest;
use inhouse_agent::definition::Agent;

use crate::ask::{AskEvent, Run};
use crate::runs::tools;
use crate::{App, AppError, blocking};

/// What was computed, as `80 * 3 = 240`, its result, and how it went.
pub(super) struct Computed {
    pub calculation: String,
    pub value: String,
    pub run: Run,
}

/// How an agent's file names all tools that compute.
const CALCULATE: &str = "calculate";

impl App {
    /// Computes what a question asks for when the agent may and the question holds the figures for it.
    pub(super) async fn compute(
        &self,
        agent: &Agent,
        question: &str,
        cancel: &Cancel,
        on_event: &(impl Fn(AskEvent) + Send + Sync),
    ) -> Result<Option<Computed>, AppError> {
        let has_figures = question.chars().any(|c| c.is_numeric());
        if !has_figures || !agent.tools.iter().any(|tool| tool == CALCULATE) {
            return Ok(None);
        }
        let begun = Instant::now();
        let language = Language::of(question);
        let (model, _) = self.locate_chat_model_for(agent.model.as_deref())?;
        on_event(AskEvent::Loading(model.name));
        let instructions = agent.instructions.get(language);
        let called = self.call_tool(tools::computing(), question, instructions, language, cancel).await?;
        // With a figure that nobody said, the result would be exact and wrong.
        let Called::Call { tool, arguments, borne_out: true } = called.called else { return Ok(None) };
        // What can't be computed is looked up instead.
        let Ok((calculation, value)) = tools::compute(&tool, &arguments) else { return Ok(None) };
        let run = Run {
            model: called.model,
            answer_tokens: called.answer_tokens,
            prompt_tokens: called.prompt_tokens,
            ..Run::without_model(begun.elapsed(), begun.elapsed())
        };
        Ok(Some(Computed { calculation, value, run }))
    }

    /// Chooses a tool for what is asked and has its arguments written. Nothing is called.
    pub async fn call_tool(
        &self,
        tools: Vec<ToolSpec>,
        request: &str,
        instructions: &str,
        language: Language,
        cancel: &Cancel,
    ) -> Result<ToolCall, AppError> {
        let chat = self.chat_model().await?;
        let (request, instructions) = (request.to_owned(), instructions.to_owned());
        let cancel = cancel.clone();
        blocking(move || {
            let asked = Asked {
                request: &request,
                instructions: &instructions,
                language,
                in_steps: false,
                done: &[],
            };
            let mut call = ToolCall {
                called: Called::None,
                model: chat.id().to_owned(),
                answers: Vec::new(),
                prompt_tokens: 0,
                answer_tokens: 0,
            };
            let mut ask = |at: &str, request: &ChatRequest| {
                let done = chat.complete(request, &cancel, &mut |_| {})?;
                call.answers.push((at.to_owned(), done.text.clone()));
                call.prompt_tokens += done.prompt_tokens;
                call.answer_tokens += done.answer_tokens;
                Ok::<_, AppError>(done.text)
            };
            let called = call_tool(&tools, &asked, &mut ask)?;
            Ok(ToolCall { called, ..call })
        })
        .await?
    }
}

/// A tool that was chosen, and what that took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub called: Called,
    pub model: String,
    /// What the model answered, by the names of the questions.
    pub answers: Vec<(String, String)>,
    pub prompt_tokens: usize,
    pub answer_tokens: usize,
}

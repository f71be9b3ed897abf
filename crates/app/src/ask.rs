//! Searching and asking: passages are found, the model reads the best, the answer is bound to
//! quotes.

pub mod answered;
mod chats;
mod compute;
mod nearest;
mod restate;
mod search;

use std::sync::Arc;
use std::time::{Duration, Instant};

use inhouse_agent::answer::follow_up::{self, Exchange};
use inhouse_agent::answer::{
    Answer, Language, Nearest, Prompt, asks_for_many, is_borne_out, lay_out, order_for_reuse,
};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatEvent, ChatModel, ChatRequest, Completion, Finish, Priority, Sampling};
use inhouse_agent::definition::Agent;
use inhouse_agent::passage::{CharRange, Passage, cell_names};
use inhouse_agent::source::SourceId;

use crate::{App, AppError, blocking};

pub use answered::{Answered, AnsweredSentence, Cells, Evidence, Quote};
pub use chats::{KeptTurn, TurnOutcome};
pub use compute::ToolCall;
pub use inhouse_record::{Chat, ChatId, TurnId};
pub use search::Found;

/// Passages that are found and offered to the prompt, when nobody asks for another number.
pub const DEFAULT_TOP: usize = 8;
/// Tokens of the prompt at most, when nobody asks for another budget: about seven seconds of reading on
/// two cores. Most questions need a third of it.
pub const DEFAULT_BUDGET: usize = 700;
/// Share of the best passage's score from which on one is as good, and how many are looked at: no more find
/// room in a prompt.
const AS_GOOD: f32 = 0.9;
const ALIKE: usize = 4;
/// Tokens of an answer at most.
const ANSWER_TOKENS: usize = 256;

/// How a question is answered.
#[derive(Debug, Clone)]
pub struct AskOptions {
    /// Passages to find.
    pub top: usize,
    /// Passages that the model reads first; `None` for as many as the question needs. It reads on when
    /// these give no answer that is borne out.
    pub read: Option<usize>,
    /// Tokens of prompt to aim at; fewer passages are read rather than more tokens.
    pub budget: usize,
    pub seed: u64,
    /// The id of the agent that is asked: its instructions, its model and what it may read.
    pub agent: Option<String>,
    /// Names of collections: only what lies in any of them is searched, and of that only what the agent may
    /// read. Empty for all documents.
    pub within: Vec<String>,
    /// What was asked before in the same conversation; a question that leans on it is restated.
    pub before: Option<Exchange>,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self {
            top: DEFAULT_TOP,
            read: None,
            budget: DEFAULT_BUDGET,
            seed: 0,
            agent: None,
            within: Vec::new(),
            before: None,
        }
    }
}

/// The life of an answer, before it is done.
#[derive(Debug, Clone)]
pub enum AskEvent {
    /// The question leans on the one before it, and is answered as this one.
    Understood(String),
    /// What was found, before the model has read it.
    Evidence(Vec<Evidence>),
    /// The model is being loaded, by its id.
    Loading(String),
    /// Tokens of the prompt read so far, and in all.
    Reading { done: usize, total: usize },
    /// More of what the model writes.
    Text(String),
    /// What was written is not borne out; the model reads more passages and writes anew.
    ReadingOn,
}

impl App {
    /// Answers a question from the sources. Events come in order, from another thread.
    ///
    /// A cancelled question ends with what was written so far, marked as stopped.
    pub async fn ask(
        &self,
        question: &str,
        options: &AskOptions,
        cancel: &Cancel,
        on_event: impl Fn(AskEvent) + Send + Sync + 'static,
    ) -> Result<Answered, AppError> {
        let agent = match &options.agent {
            Some(id) => Some(self.agent(id)?.agent),
            None => None,
        };
        let reads_less = agent.as_ref().is_some_and(|agent| {
            !agent.collections.is_empty()
                && options.within.iter().any(|name| !agent.collections.contains(name))
        });
        let _at_work = self.at_work();
        let (begun, question) = (Instant::now(), question.trim());
        if question.is_empty() {
            return Err(AppError::EmptyQuestion);
        }
        let of_agent = agent.as_ref().map_or(&[][..], |agent| &agent.collections);
        let within = self.sources_for(&options.within, of_agent)?;
        // Of what the person said, and not of what was answered before: text of documents calls no tool.
        if let Some(agent) = &agent
            && let Some(computed) = self.compute(agent, question, cancel, &on_event).await?
        {
            return Ok(Answered::computed(computed.calculation, computed.value, computed.run));
        }
        let leaning = options.before.as_ref().filter(|_| follow_up::leans(question));
        let restated = match leaning {
            Some(before) => {
                let wanted = agent.as_ref().and_then(|agent| agent.model.as_deref());
                let Some(restated) = self.restate(before, question, wanted, cancel, &on_event).await? else {
                    return Ok(stopped_early(begun));
                };
                Some(restated)
            }
            None => None,
        };
        let asked = restated.as_ref().map_or(question, |restated| restated.question.as_str());
        let mut answered =
            self.answer(Sought { question: asked, within, begun }, agent, options, cancel, on_event).await?;
        if let Some(restated) = restated {
            answered.timing.prompt_tokens += restated.prompt_tokens;
            answered.timing.answer_tokens += restated.answer_tokens;
            answered.understood = (restated.question != question).then_some(restated.question);
        }
        if answered.declined && !options.within.is_empty() {
            answered.text = Language::of(question).not_in_collections(&options.within, reads_less);
        }
        for quote in answered.sentences.iter_mut().flat_map(quotes) {
            let sheet = self.record().page_sheet(SourceId(quote.source), quote.page)?;
            quote.cells = sheet.map(|sheet| Cells {
                names: cell_names(sheet.cells_in(CharRange::new(quote.start, quote.end))),
                sheet: sheet.name,
            });
        }
        Ok(answered)
    }

    async fn answer(
        &self,
        sought: Sought<'_>,
        agent: Option<Agent>,
        options: &AskOptions,
        cancel: &Cancel,
        on_event: impl Fn(AskEvent) + Send + Sync + 'static,
    ) -> Result<Answered, AppError> {
        let Sought { question, within, begun } = sought;
        let question = question.to_owned();
        let mut found = self.search_within(&question, options.top, within.as_deref()).await?;
        let retrieval = begun.elapsed();
        on_event(AskEvent::Evidence(found.iter().map(Evidence::of).collect()));

        if found.is_empty() {
            let answer = Answer::settle(&question, "", &[], 0, None);
            return Ok(Answered::new(answer, &found, 0, Run::without_model(retrieval, begun.elapsed())));
        }
        let finder = self.finder().await?;
        let mut nearest = blocking({
            let question = question.clone();
            let passages: Vec<Passage> = found.iter().map(|found| found.passage.clone()).collect();
            move || nearest::nearest(&finder, &question, &passages)
        })
        .await??;
        // Where the nearest sentence stands, the answer stands most often if it is not in the first passage.
        if let Some(nearest) = nearest.as_mut().filter(|nearest| nearest.passage > 1) {
            let passage = found.remove(nearest.passage);
            found.insert(1, passage);
            nearest.passage = 1;
            on_event(AskEvent::Evidence(found.iter().map(Evidence::of).collect()));
        }
        let mut passages: Vec<Passage> = found.iter().map(|found| found.passage.clone()).collect();
        let first = match (options.read, &nearest) {
            (Some(count), _) => count.max(1),
            (None, _) if asks_for_many(&question) => passages.len(),
            (None, Some(Nearest { passage: 0, .. })) => 1,
            (None, _) => 2,
        };
        if nearest.as_ref().is_some_and(|nearest| !nearest.is_evidence) {
            let answer = Answer::settle(&question, "", &passages, passages.len(), nearest.as_ref());
            return Ok(Answered::new(answer, &found, 0, Run::without_model(retrieval, begun.elapsed())));
        }
        let wanted = agent.as_ref().and_then(|agent| agent.model.clone());
        let instructions = agent.map(|agent| agent.instructions.get(Language::of(&question)).to_owned());
        let Some(chat) = self.loaded(wanted, cancel, &on_event).await? else {
            let run = Run { stopped: true, ..Run::without_model(retrieval, begun.elapsed()) };
            return Ok(Answered::new(Answer::unwritten(), &found, 0, run));
        };
        let (cancel, options) = (cancel.clone(), options.clone());
        blocking(move || {
            let instructions = instructions.unwrap_or_default();
            // Of what is read anyway and is as good, what the model has read before comes first.
            let read = match alike(&found[..first.min(found.len())]) {
                near @ ..=1 => near,
                near => {
                    let room = chat.context().saturating_sub(ANSWER_TOKENS);
                    let all = &passages[..near];
                    lay_out(chat.as_ref(), &instructions, &question, all, options.budget, room)?.used
                }
            };
            let order = order_for_reuse(chat.as_ref(), &instructions, &question, &passages[..read])?;
            if !order.is_sorted() {
                reorder(&order, &mut found);
                reorder(&order, &mut passages);
                if let Some(nearest) = nearest.as_mut() {
                    let place = order.iter().position(|was| *was == nearest.passage);
                    nearest.passage = place.unwrap_or(nearest.passage);
                }
                on_event(AskEvent::Evidence(found.iter().map(Evidence::of).collect()));
            }
            let asked =
                Asked { question: &question, passages: &passages, first, instructions: &instructions };
            let written = read_and_write(chat.as_ref(), &asked, &options, begun, &cancel, &on_event)?;
            let Written { completion, used, first_token } = written;
            // The nearest sentence may stand in a passage that found no room in the prompt.
            let read = used.max(nearest.as_ref().map_or(0, |nearest| nearest.passage + 1));
            let answer = Answer::settle(&question, &completion.text, &passages, read, nearest.as_ref());
            let run = Run {
                model: chat.id().to_owned(),
                stopped: completion.finish == Finish::Cancelled,
                cut: completion.finish == Finish::Length,
                retrieval,
                first_token,
                total: begun.elapsed(),
                prompt_tokens: completion.prompt_tokens,
                answer_tokens: completion.answer_tokens,
            };
            Ok(Answered::new(answer, &found, read, run))
        })
        .await?
    }

    /// The model that is asked, or `None` when a person stopped before it was there.
    async fn loaded(
        &self,
        wanted: Option<String>,
        cancel: &Cancel,
        on_event: &(dyn Fn(AskEvent) + Send + Sync),
    ) -> Result<Option<Arc<dyn ChatModel>>, AppError> {
        let (model, _) = self.locate_chat_model_for(wanted.as_deref())?;
        on_event(AskEvent::Loading(model.name));
        // In a task of its own, so that it is finished and kept also when nobody waits any more.
        let app = self.clone();
        let loading = tokio::spawn(async move { app.chat_model_for(wanted.as_deref()).await });
        tokio::select! {
            chat = loading => Ok(Some(chat.map_err(|error| AppError::Bug { what: error.to_string() })??)),
            () = cancelled(cancel) => Ok(None),
        }
    }
}

/// What is searched for and answered.
struct Sought<'a> {
    question: &'a str,
    /// The sources that may be read; `None` for all.
    within: Option<Vec<SourceId>>,
    begun: Instant,
}

/// The answer that a person stopped before anything was looked for.
fn stopped_early(begun: Instant) -> Answered {
    let run = Run { stopped: true, ..Run::without_model(Duration::ZERO, begun.elapsed()) };
    Answered::new(Answer::unwritten(), &[], 0, run)
}

fn quotes(sentence: &mut AnsweredSentence) -> impl Iterator<Item = &mut Quote> {
    sentence.citations.iter_mut().chain(&mut sentence.conflicts)
}

/// How many of the first passages are about as good as the best.
fn alike(found: &[Found]) -> usize {
    let best = found.first().map_or(0.0, |found| found.score);
    found.iter().take(ALIKE).take_while(|found| found.score >= AS_GOOD * best).count()
}

/// Puts the first of `all` in another order.
fn reorder<T: Clone>(order: &[usize], all: &mut [T]) {
    let first: Vec<T> = order.iter().map(|was| all[*was].clone()).collect();
    all[..order.len()].clone_from_slice(&first);
}

/// Ends soon after a person wished to stop.
async fn cancelled(cancel: &Cancel) {
    while !cancel.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How the model's part went.
struct Run {
    model: String,
    stopped: bool,
    cut: bool,
    retrieval: Duration,
    first_token: Duration,
    total: Duration,
    prompt_tokens: usize,
    answer_tokens: usize,
}

impl Run {
    fn without_model(retrieval: Duration, total: Duration) -> Self {
        Self {
            model: String::new(),
            stopped: false,
            cut: false,
            retrieval,
            first_token: total,
            total,
            prompt_tokens: 0,
            answer_tokens: 0,
        }
    }
}

struct Written {
    completion: Completion,
    /// Passages that the model read.
    used: usize,
    /// From the question to the first text.
    first_token: Duration,
}

/// What the model is asked.
struct Asked<'a> {
    question: &'a str,
    passages: &'a [Passage],
    /// How many of them are read first.
    first: usize,
    /// The agent's own; empty without one.
    instructions: &'a str,
}

/// Has few passages read, and more of them when what is written of these is not borne out.
fn read_and_write(
    chat: &dyn ChatModel,
    asked: &Asked<'_>,
    options: &AskOptions,
    begun: Instant,
    cancel: &Cancel,
    on_event: &(dyn Fn(AskEvent) + Send + Sync),
) -> Result<Written, AppError> {
    let room = chat.context().saturating_sub(ANSWER_TOKENS);
    let lay_out = |count: usize| {
        let passages = &asked.passages[..count.min(asked.passages.len())];
        lay_out(chat, asked.instructions, asked.question, passages, options.budget, room)
    };
    let prompt = lay_out(asked.first)?;
    let used = prompt.used;
    let written = write(chat, prompt, options, begun, cancel, on_event)?;
    if written.completion.finish == Finish::Cancelled
        || is_borne_out(asked.question, &written.completion.text, &asked.passages[..used])
    {
        return Ok(written);
    }
    let more = lay_out(asked.passages.len())?;
    if more.used <= used {
        return Ok(written);
    }
    on_event(AskEvent::ReadingOn);
    let first = written.completion;
    let mut written = write(chat, more, options, begun, cancel, on_event)?;
    written.completion.prompt_tokens += first.prompt_tokens;
    written.completion.answer_tokens += first.answer_tokens;
    Ok(written)
}

fn write(
    chat: &dyn ChatModel,
    prompt: Prompt,
    options: &AskOptions,
    begun: Instant,
    cancel: &Cancel,
    on_event: &(dyn Fn(AskEvent) + Send + Sync),
) -> Result<Written, AppError> {
    let request = ChatRequest {
        messages: prompt.messages,
        // The rules of answering.
        common: 1,
        priority: Priority::Person,
        max_tokens: ANSWER_TOKENS,
        sampling: Sampling { seed: options.seed, ..Sampling::default() },
        stop: Vec::new(),
        constraint: None,
    };
    let mut first_token = None;
    let completion = chat.complete(&request, cancel, &mut |event| match event {
        ChatEvent::Reading { done, total } => on_event(AskEvent::Reading { done, total }),
        ChatEvent::Text(text) => {
            first_token.get_or_insert_with(|| begun.elapsed());
            on_event(AskEvent::Text(text.to_owned()));
        }
    })?;
    Ok(Written { completion, used: prompt.used, first_token: first_token.unwrap_or_else(|| begun.elapsed()) })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use super::*;
    use crate::Options;

    #[tokio::test]
    async fn within_an_empty_collection_nothing_is_found_and_within_none_there_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let app =
            App::open(Options { home: Some(folder.path().join("home")), ..Options::default() }).unwrap();
        let document = folder.path().join("prices.txt");
        std::fs::write(&document, "A desk costs EUR 240.").unwrap();
        app.add(&[document]).await.unwrap();
        app.make_collection("Tenders").unwrap();
        let within = |name: &str| AskOptions { within: vec![name.to_owned()], ..AskOptions::default() };
        // No model is there: nothing needs to be read for this.
        for (question, text) in [
            ("What does a desk cost?", "This is not in “Tenders”."),
            ("桌子多少钱？", "“Tenders”中没有相关内容。"),
        ] {
            let answered = app.ask(question, &within("Tenders"), &Cancel::new(), |_| {}).await.unwrap();
            assert_eq!((answered.declined, &*answered.text, answered.passages.len()), (true, text, 0));
        }
        let missing = app.ask("What does a desk cost?", &within("Prices"), &Cancel::new(), |_| {}).await;
        assert_eq!(missing.unwrap_err().to_string(), "there is no collection Prices");
        let searched = app.search("desk", 3, &["Tenders".to_owned()]).await.unwrap();
        assert_eq!(searched, []);
    }
}

//! `inhouse ask`: an answer with quotes.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use inhouse_app::AppError;
use inhouse_app::ask::{Answered, AskEvent, AskOptions, DEFAULT_BUDGET, DEFAULT_TOP, Quote};
use serde::Serialize;

use crate::command::{print_json, read_questions};
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Ask {
    /// The question, in English or Chinese
    #[arg(required_unless_present = "questions", conflicts_with = "questions")]
    question: Option<String>,
    /// A text file with one question a line, answered one after the other
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// The questions are one conversation: each may lean on the one before it
    #[arg(long, requires = "questions")]
    chat: bool,
    /// The agent that is asked: its instructions, its model and what it may read
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Searches only what lies in this collection; given several times, in any of them
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
    /// The chat model, as `inhouse models list` names it
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// For sampling; the same seed gives the same answer
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Passages to find
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TOP)]
    top: usize,
    /// Passages that the model reads first; otherwise as many as the question needs
    #[arg(long, value_name = "N")]
    read: Option<usize>,
    /// Tokens of prompt to aim at
    #[arg(long, value_name = "TOKENS", default_value_t = DEFAULT_BUDGET)]
    budget: usize,
}

#[derive(Serialize)]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    understood: Option<&'a str>,
    answer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    calculation: Option<&'a str>,
    declined: bool,
    stopped: bool,
    cut: bool,
    sentences: Vec<SentenceLine<'a>>,
    passages: Vec<PassageLine<'a>>,
    passages_read: usize,
    model: &'a str,
    timing: TimingLine,
}

#[derive(Serialize)]
struct SentenceLine<'a> {
    text: &'a str,
    supported: bool,
    citations: Vec<CitationLine<'a>>,
    /// Where other sources say something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<CitationLine<'a>>,
}

#[derive(Serialize)]
struct CitationLine<'a> {
    path: &'a Path,
    page: u32,
    quote: &'a str,
    /// Of a sheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<&'a str>,
}

#[derive(Serialize)]
struct PassageLine<'a> {
    path: &'a Path,
    page: u32,
    score: f32,
}

#[derive(Serialize)]
struct TimingLine {
    retrieval_ms: u64,
    first_token_ms: u64,
    total_ms: u64,
    prompt_tokens: usize,
    answer_tokens: usize,
}

impl Ask {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        let mut options = AskOptions {
            top: self.top,
            read: self.read,
            budget: self.budget,
            seed: self.seed,
            agent: self.agent.clone(),
            within: self.collections.clone(),
            before: None,
        };
        let (questions, many) = match (&self.question, &self.questions) {
            (Some(question), _) => (vec![question.clone()], false),
            (None, Some(file)) => (read_questions(file)?, true),
            (None, None) => return Err(AppError::EmptyQuestion),
        };
        for question in &questions {
            if many && !context.json {
                println!("> {question}");
            }
            let quiet = context.json;
            let show = move |event| {
                if !quiet {
                    show(&event);
                }
            };
            let answered = context.app.ask(question, &options, &context.cancel, show).await?;
            if context.json {
                print_json(&output(&answered, many.then_some(question.as_str())))?;
            } else {
                print(&answered);
            }
            options.before = self.chat.then(|| answered.exchange(question));
            if context.cancel.is_cancelled() {
                return Ok(End::Cancelled);
            }
        }
        Ok(End::Done)
    }
}

/// What happens while the answer comes, on standard error: the answer itself is printed whole,
/// since only then its quotes are known.
fn show(event: &AskEvent) {
    let mut err = std::io::stderr();
    if !err.is_terminal() {
        return;
    }
    let written = match event {
        AskEvent::Understood(question) => writeln!(err, "understood as: {question}"),
        AskEvent::Evidence(found) => writeln!(err, "{} passages found", found.len()),
        AskEvent::Loading(model) => writeln!(err, "loading {model}"),
        AskEvent::Reading { done, total } => write!(err, "\rreading {done} of {total} tokens "),
        AskEvent::Text(text) => write!(err, "{}", text.replace('\n', " ")),
        AskEvent::ReadingOn => writeln!(err, "\nreading more passages"),
    };
    // A terminal that is gone is no reason to stop answering.
    drop(written.and_then(|()| err.flush()));
}

fn print(answered: &Answered) {
    if std::io::stderr().is_terminal() {
        eprintln!("\n");
    }
    if let Some(understood) = &answered.understood {
        println!("(understood as: {understood})");
    }
    if answered.sentences.is_empty() {
        println!("{}", answered.text);
    }
    let mut quotes: Vec<&Quote> = Vec::new();
    for sentence in &answered.sentences {
        let mut marks = String::new();
        for citation in &sentence.citations {
            let number = quotes.iter().position(|known| *known == citation).unwrap_or_else(|| {
                quotes.push(citation);
                quotes.len() - 1
            });
            marks.push_str(&format!(" [{}]", number + 1));
        }
        if sentence.citations.is_empty() {
            marks.push_str(" (not supported by your documents)");
        }
        println!("{}{marks}", sentence.text);
        for other in &sentence.conflicts {
            println!("    but {}, {}: \"{}\"", other.path.display(), place(other), other.quote);
        }
    }
    if let Some(calculation) = &answered.calculation {
        println!("    ({calculation})");
    }
    for (number, quote) in (1..).zip(&quotes) {
        println!("\n[{number}] {}, {}\n    \"{}\"", quote.path.display(), place(quote), quote.quote);
    }
    if answered.stopped {
        println!("\n(stopped)");
    } else if answered.cut {
        println!("\n(the answer was too long and is cut)");
    }
}

fn place(quote: &Quote) -> String {
    match &quote.cells {
        None => format!("page {}", quote.page),
        Some(cells) if cells.sheet.is_empty() => format!("cells {}", cells.names),
        Some(cells) => format!("sheet {}, cells {}", cells.sheet, cells.names),
    }
}

fn citation(quote: &Quote) -> CitationLine<'_> {
    CitationLine {
        path: &quote.path,
        page: quote.page,
        quote: &quote.quote,
        sheet: quote.cells.as_ref().map(|cells| cells.sheet.as_str()),
        cells: quote.cells.as_ref().map(|cells| cells.names.as_str()),
    }
}

fn output<'a>(answered: &'a Answered, question: Option<&'a str>) -> Output<'a> {
    let timing = &answered.timing;
    Output {
        question,
        understood: answered.understood.as_deref(),
        answer: &answered.text,
        calculation: answered.calculation.as_deref(),
        declined: answered.declined,
        stopped: answered.stopped,
        cut: answered.cut,
        sentences: answered
            .sentences
            .iter()
            .map(|sentence| SentenceLine {
                text: &sentence.text,
                supported: !sentence.citations.is_empty(),
                citations: sentence.citations.iter().map(citation).collect(),
                conflicts: sentence.conflicts.iter().map(citation).collect(),
            })
            .collect(),
        passages: answered
            .passages
            .iter()
            .map(|found| PassageLine { path: &found.path, page: found.page, score: found.score })
            .collect(),
        passages_read: answered.passages_read,
        model: &answered.model,
        timing: TimingLine {
            retrieval_ms: timing.retrieval_ms,
            first_token_ms: timing.first_token_ms,
            total_ms: timing.total_ms,
            prompt_tokens: timing.prompt_tokens,
            answer_tokens: timing.answer_tokens,
        },
    }
}

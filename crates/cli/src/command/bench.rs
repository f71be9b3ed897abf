//! `inhouse bench`: how fast the model is on this machine.

mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use inhouse_agent::chat::{ChatEvent, ChatRequest, Constraint, Finish, Message, Priority, Sampling, Speaker};
use inhouse_app::AppError;
use inhouse_app::models::{MeasureStep, Speed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::print_json;
use crate::{Context, End, progress};

/// Share of what memory gives from which on it is the limit.
const LIMITED: f64 = 0.7;

/// Tokens of a window of perplexity, as `llama-perplexity` takes them.
const WINDOW: usize = 512;

#[derive(Debug, Args)]
pub struct Bench {
    /// The chat model, as `inhouse models list` names it
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Lengths of prompt to read, in tokens
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', default_values_t = [512, 2048])]
    context: Vec<usize>,
    /// Tokens to write behind each
    #[arg(long, value_name = "TOKENS", default_value_t = 64)]
    decode: usize,
    /// A file with one chat request a line, answered one after the other instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["context", "decode"])]
    requests: Option<PathBuf>,
    /// A file with one request for a tool a line; tells which tool is called and how
    #[arg(long, value_name = "FILE", conflicts_with_all = ["context", "decode", "requests"])]
    tools: Option<PathBuf>,
    /// A text file whose perplexity is told instead, in windows of 512 tokens
    #[arg(long, value_name = "FILE", conflicts_with_all = ["context", "decode", "requests"])]
    perplexity: Option<PathBuf>,
    /// A file with one passage a line; tells how fast they are embedded
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["model", "context", "decode", "requests", "tools", "perplexity"]
    )]
    passages: Option<PathBuf>,
    /// The embedding model, as `inhouse models list` names it
    #[arg(long, value_name = "ID", requires = "passages")]
    embedder: Option<String>,
}

/// A line of requests.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    case: String,
    messages: Vec<Said>,
    max_tokens: usize,
    /// A JSON Schema that the answer is held to.
    schema: Option<Value>,
    /// Words that a right answer has.
    expect: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    role: Role,
    content: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    System,
    User,
    Assistant,
}

#[derive(Serialize)]
struct Answered<'a> {
    case: &'a str,
    /// Of the prompt, what had to be read.
    prompt_tokens: usize,
    first_token_ms: u64,
    answer_tokens: usize,
    passes: usize,
    total_ms: u64,
    whole: bool,
    hit: Option<bool>,
    answer: &'a str,
}

/// What was seen while an answer came.
#[derive(Default)]
struct Seen {
    kept: Option<usize>,
    first_token: Option<Duration>,
}

#[derive(Serialize)]
struct Output<'a> {
    model: &'a str,
    kernels: &'a str,
    threads: usize,
    threads_for_writing: usize,
    speeds: Vec<SpeedLine>,
    two: Option<TwoLine>,
    /// Of each token that is written.
    weights_bytes: u64,
    memory_bytes_s: u64,
    smaller_model: Option<&'a str>,
}

#[derive(Serialize)]
struct SpeedLine {
    context: usize,
    prefill_tok_s: f64,
    decode_tok_s: f64,
}

/// Two texts written at the same time.
#[derive(Serialize)]
struct TwoLine {
    context: usize,
    /// Of both together.
    decode_tok_s: f64,
}

impl Bench {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        if let Some(file) = &self.requests {
            return answer(file, context).await;
        }
        if let Some(file) = &self.tools {
            return tools::run(file, context).await;
        }
        if let Some(file) = &self.perplexity {
            return perplexity(file, context).await;
        }
        if let Some(file) = &self.passages {
            return embed(file, self.embedder, context).await;
        }
        let contexts: Vec<usize> = self.context.iter().copied().filter(|tokens| *tokens > 0).collect();
        let bar = progress::bar("{spinner} {msg} {elapsed}");
        bar.enable_steady_tick(Duration::from_millis(100));
        let show = {
            let bar = bar.clone();
            move |step| bar.set_message(doing(step))
        };
        let bench = context.app.measure_speed(contexts, self.decode.max(1), &context.cancel, show).await?;
        bar.finish_and_clear();
        let Some(bench) = bench else { return Ok(End::Cancelled) };
        if context.json {
            print_json(&Output {
                model: &bench.model,
                kernels: bench.measured.kernels,
                threads: bench.threads,
                threads_for_writing: bench.measured.threads_for_writing,
                speeds: bench.measured.speeds.iter().map(SpeedLine::of).collect(),
                two: bench
                    .measured
                    .two
                    .map(|(context, decode)| TwoLine { context, decode_tok_s: rounded(decode) }),
                weights_bytes: bench.measured.weights,
                memory_bytes_s: bench.measured.bus as u64,
                smaller_model: bench.smaller.as_ref().map(|smaller| smaller.id.as_str()),
            })?;
        } else {
            println!("{}, {} threads, {}", bench.model, bench.threads, bench.measured.kernels);
            println!("{:>8} {:>16} {:>16}", "prompt", "reading", "writing");
            for speed in &bench.measured.speeds {
                println!("{:>8} {:>9.1} token/s {:>9.1} token/s", speed.context, speed.prefill, speed.decode);
            }
            println!();
            advice(&bench).iter().for_each(|line| println!("{line}"));
        }
        Ok(End::Done)
    }
}

fn doing(step: MeasureStep) -> String {
    match step {
        MeasureStep::Loading => "loading the model".into(),
        MeasureStep::Reading(context) => format!("reading {context} tokens"),
        MeasureStep::Writing(context) => format!("writing behind {context} tokens"),
        MeasureStep::WritingTwo(context) => format!("writing two texts behind {context} tokens"),
        MeasureStep::Memory => "measuring memory".into(),
    }
}

fn rounded(speed: f64) -> f64 {
    (speed * 10.0).round() / 10.0
}

impl SpeedLine {
    fn of(speed: &Speed) -> Self {
        Self {
            context: speed.context,
            prefill_tok_s: rounded(speed.prefill),
            decode_tok_s: rounded(speed.decode),
        }
    }
}

/// What limits the model here, and what would be faster.
fn advice(bench: &inhouse_app::models::Bench) -> Vec<String> {
    const GIGA: f64 = 1e9;
    let measured = &bench.measured;
    let mut lines = Vec::new();
    let fastest = measured.speeds.iter().map(|speed| speed.decode).fold(0.0, f64::max);
    let read = fastest * measured.weights as f64;
    lines.push(format!(
        "Writing reads {:.1} GB/s of weights; memory gives {:.1} GB/s to {} threads.",
        read / GIGA,
        measured.bus / GIGA,
        bench.threads
    ));
    if let Some((context, both)) = measured.two {
        let alone = measured.speeds.iter().find(|speed| speed.context == context);
        if let Some(alone) = alone {
            lines.push(format!(
                "Two agents that write at the same time write {:.1} token/s together, {:.2} times what one does.",
                both,
                both / alone.decode,
            ));
        }
    }
    lines.push(if read > LIMITED * measured.bus {
        "Memory is the limit of writing: more threads would not help, a smaller model would.".to_owned()
    } else {
        "The processor is the limit of writing: more or faster cores would help, or a smaller model."
            .to_owned()
    });
    if measured.threads_for_writing < bench.threads {
        lines.push(format!("{} threads are the fastest in writing.", measured.threads_for_writing));
    }
    match &bench.smaller {
        Some(smaller) => lines.push(format!(
            "{} has {:.0} % of the size, and writes about {:.1} times as fast; as a rule its answers are worse.",
            smaller.id,
            smaller.share * 100.0,
            1.0 / smaller.share
        )),
        None => lines.push("The catalogue knows no smaller model of the same languages.".to_owned()),
    }
    lines
}

async fn embed(file: &Path, embedder: Option<String>, context: &Context) -> Result<End, AppError> {
    let text = fs::read_to_string(file).map_err(|source| AppError::Io {
        doing: "read the passages in",
        path: file.to_owned(),
        source,
    })?;
    let passages: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if passages.is_empty() {
        return Err(AppError::BadInput {
            path: file.to_owned(),
            reason: "it has no passage".into(),
            hint: "write one passage a line",
        });
    }
    let speed = context.app.measure_embedding(embedder, passages).await?;
    let seconds = speed.elapsed.as_secs_f64();
    let rate = |count: usize| (count as f64 / seconds * 10.0).round() / 10.0;
    if context.json {
        print_json(&json!({
            "model": speed.model,
            "passages": speed.passages,
            "tokens": speed.tokens,
            "passages_s": rate(speed.passages),
            "tokens_s": rate(speed.tokens),
        }))?;
    } else {
        println!(
            "{}: {} passages of {} tokens in {seconds:.1} s, {:.1} passages/s, {:.0} tokens/s",
            speed.model,
            speed.passages,
            speed.tokens,
            rate(speed.passages),
            rate(speed.tokens)
        );
    }
    Ok(End::Done)
}

async fn perplexity(file: &Path, context: &Context) -> Result<End, AppError> {
    let text = fs::read_to_string(file).map_err(|source| AppError::Io {
        doing: "read the text in",
        path: file.to_owned(),
        source,
    })?;
    let found = context.app.perplexity(text, WINDOW).await?.ok_or_else(|| AppError::BadInput {
        path: file.to_owned(),
        reason: format!("its text has less than the {WINDOW} tokens of a window"),
        hint: "give a longer text, some thousand words",
    })?;
    if context.json {
        print_json(&json!({"perplexity": found.value, "tokens": found.tokens, "window": WINDOW}))?;
    } else {
        println!("{:.4} over {} tokens, in windows of {WINDOW}", found.value, found.tokens);
    }
    Ok(End::Done)
}

async fn answer(file: &Path, context: &Context) -> Result<End, AppError> {
    for request in read_requests(file)? {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let begun = Instant::now();
        let look = {
            let seen = Arc::clone(&seen);
            move |event: ChatEvent<'_>| {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                match event {
                    ChatEvent::Reading { done, .. } => drop(seen.kept.get_or_insert(done)),
                    ChatEvent::Text(_) => drop(seen.first_token.get_or_insert(begun.elapsed())),
                }
            }
        };
        let asked = ChatRequest {
            messages: request.messages.iter().map(message).collect(),
            common: 0,
            priority: Priority::Person,
            max_tokens: request.max_tokens,
            sampling: Sampling::default(),
            stop: Vec::new(),
            constraint: request.schema.as_ref().map(|schema| Constraint::Json { schema: schema.to_string() }),
        };
        let said = context.app.complete(asked, &context.cancel, look).await?;
        let total = begun.elapsed();
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let hit = |expected: &String| said.text.to_lowercase().contains(&expected.to_lowercase());
        let answered = Answered {
            case: &request.case,
            prompt_tokens: said.prompt_tokens - seen.kept.unwrap_or(0),
            first_token_ms: millis(seen.first_token.unwrap_or(total)),
            answer_tokens: said.answer_tokens,
            passes: said.passes,
            total_ms: millis(total),
            whole: said.finish == Finish::Stop,
            hit: request.expect.as_ref().map(hit),
            answer: &said.text,
        };
        if context.json {
            print_json(&answered)?;
        } else {
            println!(
                "{:<12} {:>6} tokens read, first after {:>6} ms, {:>4} written in {:>4} passes, {:>6} ms",
                answered.case,
                answered.prompt_tokens,
                answered.first_token_ms,
                answered.answer_tokens,
                answered.passes,
                answered.total_ms
            );
        }
        if said.finish == Finish::Cancelled {
            return Ok(End::Cancelled);
        }
    }
    Ok(End::Done)
}

fn read_requests(file: &Path) -> Result<Vec<Request>, AppError> {
    let text = fs::read_to_string(file).map_err(|source| AppError::Io {
        doing: "read the requests in",
        path: file.to_owned(),
        source,
    })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| AppError::BadInput {
                path: file.to_owned(),
                reason: format!("line {} is no request ({error})", number + 1),
                hint: "write one JSON object a line, with `messages` and `max_tokens`",
            })
        })
        .collect()
}

fn message(said: &Said) -> Message {
    let speaker = match said.role {
        Role::System => Speaker::System,
        Role::User => Speaker::User,
        Role::Assistant => Speaker::Assistant,
    };
    Message { speaker, content: said.content.clone() }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

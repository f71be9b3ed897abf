//! The three questions of a call. What they have in common stands first, so that it is read once.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::answer::Language;
use crate::call::schema::Schema;
use crate::call::{Asked, ToolSpec};
use crate::chat::{ChatRequest, Constraint, Message, Priority, Sampling};

/// What is chosen in place of a tool when nothing is left to do.
pub(super) const NONE: &str = "none";
/// How a request and a tool compare. Three ways to differ, since a small model that may only say yes or
/// no says yes to what is merely near.
const SAME: &str = "same";
const OTHER: &str = "other";
const COMPARED: [&str; 4] = [SAME, "action", "topic", OTHER];
const NAME_TOKENS: usize = 48;
const COMPARED_TOKENS: usize = 72;
const ARGUMENT_TOKENS: usize = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    choose: Choose,
    fits: Fits,
    pub(super) write: Write,
    said: Said,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choose {
    rules: String,
    tools: String,
    ask: String,
    ask_next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fits {
    rules: String,
    ask: String,
    shots: Vec<Shot>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shot {
    tool: String,
    request: String,
    answer: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    rules: String,
    arguments: String,
    pub(super) optional: String,
    pub(super) one_of: String,
    pub(super) list_of: String,
    wrong: String,
    not_said: String,
    shot: Shot,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    tool: String,
    request: String,
    done: String,
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| packed(include_str!("../../prompts/call.en.toml")));
static CHINESE: LazyLock<Texts> = LazyLock::new(|| packed(include_str!("../../prompts/call.zh.toml")));

fn packed(text: &str) -> Texts {
    toml::from_str(text).expect("the prompts that are packed into the program are sound")
}

pub(super) fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// Which of the tools; or, when something was done already, that nothing is left.
pub(super) fn choose(tools: &[ToolSpec], asked: &Asked<'_>) -> ChatRequest {
    let texts = texts(asked.language);
    let mut text = texts.choose.tools.clone();
    for tool in tools {
        let names = Schema::read(&tool.schema).map(|schema| schema.names()).unwrap_or_default();
        text.push_str(&format!("\n- {}: {} ({names})", tool.name, tool.says.get(asked.language)));
    }
    let mut names: Vec<String> = tools.iter().map(|tool| tool.name.clone()).collect();
    let question = if asked.done.is_empty() {
        texts.choose.ask.clone()
    } else {
        names.push(NONE.into());
        texts.choose.ask_next.clone()
    };
    let text = format!("{text}\n{}\n{question}", wish(texts, asked));
    let messages = vec![rules(&texts.choose.rules, asked), Message::user(text)];
    request(messages, Constraint::OneOf(names), NAME_TOKENS, 0)
}

/// How a tool compares with what is asked.
pub(super) fn fits(tool: &ToolSpec, asked: &Asked<'_>) -> ChatRequest {
    let texts = texts(asked.language);
    let body = |tool: &str, wish: &str| format!("{}{tool}\n{wish}\n{}", texts.said.tool, texts.fits.ask);
    let mut messages = vec![Message::system(texts.fits.rules.clone())];
    for shot in &texts.fits.shots {
        let wish = format!("{}{}", texts.said.request, shot.request);
        messages.push(Message::user(body(&shot.tool, &wish)));
        messages.push(Message::assistant(shot.answer.clone()));
    }
    let names = Schema::read(&tool.schema).map(|schema| schema.names()).unwrap_or_default();
    let says = format!("{}: {} ({names})", tool.name, tool.says.get(asked.language));
    messages.push(Message::user(body(&says, &wish(texts, asked))));
    // What is asked, in the words of tools; then a look at both tells more than a look at the request.
    let answer = format!("[^\\n]{{1,60}}\\n({})", COMPARED.join("|"));
    request(messages, Constraint::Regex(answer), COMPARED_TOKENS, 0)
}

/// What a comparison says: what is asked, in the words of tools, and how the tool compares with it.
pub(super) struct Compared<'a> {
    pub(super) asked: &'a str,
    verdict: &'a str,
}

impl<'a> Compared<'a> {
    pub(super) fn read(answer: &'a str) -> Self {
        let (asked, verdict) = answer.trim().rsplit_once('\n').unwrap_or(("", answer.trim()));
        Self { asked: asked.trim(), verdict }
    }

    pub(super) fn is_same(&self) -> bool {
        self.verdict == SAME
    }

    pub(super) fn is_other(&self) -> bool {
        self.verdict == OTHER
    }
}

/// The arguments of a tool. `wrong` are some that were written before, and what is wrong with them.
pub(super) fn write(
    tool: &ToolSpec,
    schema: &Schema,
    asked: &Asked<'_>,
    wrong: Option<&(String, String)>,
    attempt: u64,
) -> ChatRequest {
    let texts = texts(asked.language);
    let body = |tool: &str, arguments: &str, wish: &str| {
        format!("{}{tool}\n{}\n{}\n{wish}", texts.said.tool, texts.write.arguments, arguments.trim())
    };
    let shot = &texts.write.shot;
    let asked_before = format!("{}{}", texts.said.request, shot.request);
    let says = format!("{}: {}", tool.name, tool.says.get(asked.language));
    let mut text = body(&says, &schema.describe(&texts.write), &wish(texts, asked));
    if let Some((arguments, error)) = wrong {
        text.push('\n');
        text.push_str(&texts.write.wrong.replace("{arguments}", arguments).replace("{error}", error));
    }
    let messages = vec![
        rules(&texts.write.rules, asked),
        Message::user(body(&shot.tool, &shot.arguments, &asked_before)),
        Message::assistant(shot.answer.clone()),
        Message::user(text),
    ];
    request(messages, Constraint::Json { schema: schema.text() }, ARGUMENT_TOKENS, attempt)
}

/// What is wrong with a value that the request does not give.
pub(super) fn not_said(language: Language, name: &str, value: &str) -> String {
    texts(language).write.not_said.replace("{name}", name).replace("{value}", value)
}

fn rules(rules: &str, asked: &Asked<'_>) -> Message {
    Message::system(format!("{rules}\n{}", asked.instructions).trim())
}

/// The request, and what was done for it.
fn wish(texts: &Texts, asked: &Asked<'_>) -> String {
    let mut wish = format!("{}{}", texts.said.request, asked.request);
    for done in asked.done {
        wish.push('\n');
        let told = texts.said.done.replace("{tool}", &done.tool).replace("{arguments}", &done.arguments);
        wish.push_str(&told.replace("{result}", &done.result));
    }
    wish
}

/// All messages before the last are the same for each call.
fn request(messages: Vec<Message>, constraint: Constraint, max_tokens: usize, attempt: u64) -> ChatRequest {
    ChatRequest {
        common: messages.len() - 1,
        priority: Priority::Person,
        messages,
        max_tokens,
        sampling: Sampling {
            // Told what is wrong, a model may still say the same; the last time it is shaken.
            temperature: if attempt < 2 { 0.0 } else { 0.7 },
            seed: attempt,
            ..Sampling::default()
        },
        stop: Vec::new(),
        constraint: Some(constraint),
    }
}

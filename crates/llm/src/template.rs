//! The chat template that a model file brings: messages in, the prompt's parts out.
//!
//! Templates are rendered with placeholders where the messages' contents belong, and the contents
//! are put in afterwards. So a content is never mistaken for the template's own text, and what a
//! content spells never becomes one of the model's special tokens.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fancy_regex::Regex;
use inhouse_agent::chat::{Message, ModelError, Speaker};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::gguf::Gguf;
use crate::tokenizer::Part;

mod child;
mod clock;
mod json;
mod methods;

/// Instructions that a template may take, and 64 times as many bytes that it may make; a conversation
/// needs a few thousand.
const FUEL: u64 = 100_000;
/// Bytes of stack for rendering. Values may lie in values as deep as the fuel lasts, and are printed
/// and dropped one within the other.
const STACK: usize = 128 << 20;
const NAME: &str = "chat";
/// How long a rendered form holds: templates may write the date.
const FRESH: Duration = Duration::from_secs(60);
/// Forms that are kept.
const FORMS: usize = 64;
/// Private-use characters, which no template writes, around a message's number.
const OPEN: char = '\u{F0000}';
const CLOSE: char = '\u{F0001}';

pub(crate) enum Template {
    Jinja(Box<Jinja>),
    /// For models that were never taught turns; see [`plain`].
    Plain,
}

pub(crate) struct Jinja {
    source: String,
    bos: String,
    eos: String,
    /// What was rendered a moment ago, by roles.
    forms: Mutex<HashMap<child::Order, (Instant, String)>>,
}

impl Template {
    /// The template's source, when the file brings one.
    pub(crate) fn source(gguf: &Gguf) -> Option<&str> {
        gguf.text("tokenizer.chat_template").filter(|source| !source.trim().is_empty())
    }

    pub(crate) fn of(gguf: &Gguf) -> Result<Self, ModelError> {
        let Some(source) = Self::source(gguf) else {
            return Ok(Self::Plain);
        };
        let token = |key: &str| {
            let id = usize::try_from(gguf.number(key)?).ok()?;
            gguf.array("tokenizer.ggml.tokens")?.get(id)?.to_string().ok().cloned()
        };
        let bos = token("tokenizer.ggml.bos_token_id").unwrap_or_default();
        let eos = token("tokenizer.ggml.eos_token_id").unwrap_or_default();
        Self::jinja(source, bos, eos)
            .map_err(|error| gguf.unsupported(format!("its chat template can't be read: {error:#}")))
    }

    /// `bos` and `eos` are the texts of the tokens that a template may name so.
    pub(crate) fn jinja(source: &str, bos: String, eos: String) -> Result<Self, minijinja::Error> {
        environment().add_template(NAME, &without_marks(source))?;
        let source = source.to_owned();
        Ok(Self::Jinja(Box::new(Jinja { source, bos, eos, forms: Mutex::default() })))
    }

    /// The parts of a prompt. `open` ends it where the assistant's answer begins.
    ///
    /// A template that knows no system message gets its text at the head of the first user message;
    /// one that would leave out a message is refused, for nothing may be dropped silently.
    pub(crate) fn render(&self, messages: &[Message], open: bool) -> Result<Vec<Part>, String> {
        let Self::Jinja(jinja) = self else {
            return Ok(plain(messages, open));
        };
        let turns: Vec<_> = messages
            .iter()
            .enumerate()
            .map(|(at, message)| (role(message.speaker), format!("{OPEN}{at}{CLOSE}")))
            .collect();
        jinja.parts(&turns, messages, open).or_else(|error| {
            let merged = without_system(&turns).ok_or(error)?;
            jinja.parts(&merged, messages, open)
        })
    }

    /// Texts that end an answer, for a model that has no token to end its turn with.
    pub(crate) fn stops(&self) -> &'static [&'static str] {
        match self {
            Self::Jinja(_) => &[],
            Self::Plain => &["\n\nUser:"],
        }
    }
}

impl Jinja {
    /// Renders turns of a role and a text with placeholders, and puts the contents in.
    fn parts(
        &self,
        turns: &[(&'static str, String)],
        messages: &[Message],
        open: bool,
    ) -> Result<Vec<Part>, String> {
        let order = child::Order {
            source: self.source.clone(),
            bos: self.bos.clone(),
            eos: self.eos.clone(),
            turns: turns.iter().map(|(role, content)| ((*role).to_owned(), content.clone())).collect(),
            open,
        };
        fill(&self.form(order)?, messages)
    }

    /// What the template makes of these turns.
    fn form(&self, order: child::Order) -> Result<String, String> {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, form)) = forms.get(&order).filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(form.clone());
        }
        let form = child::render(&order).unwrap_or_else(|| render_here(&order))?;
        if forms.len() >= FORMS {
            forms.clear();
        }
        forms.insert(order, (Instant::now(), form.clone()));
        Ok(form)
    }
}

/// Renders in this process.
fn render_here(order: &child::Order) -> Result<String, String> {
    let turns: Vec<_> = order.turns.iter().map(|(role, content)| context! { role, content }).collect();
    let context = context! {
        messages => turns,
        add_generation_prompt => order.open,
        bos_token => order.bos.as_str(),
        eos_token => order.eos.as_str(),
        tools => (),
        // Models that can think aloud first are asked to answer at once.
        enable_thinking => false,
    };
    render_with(&order.source, context)
}

/// Renders a template with these variables, on a thread with a stack for the deepest value.
fn render_with(source: &str, context: Value) -> Result<String, String> {
    let work = || {
        let source = without_marks(source);
        let mut environment = environment();
        environment.add_template(NAME, &source)?;
        environment.get_template(NAME)?.render(context)
    };
    let rendered: Result<String, minijinja::Error> = thread::scope(|scope| {
        let renderer = thread::Builder::new().name("template".into()).stack_size(STACK);
        let handle = renderer.spawn_scoped(scope, work).map_err(|error| error.to_string())?;
        handle.join().map_err(|_| "the template breaks its renderer".to_owned())
    })?;
    rendered.map_err(|error| format!("{error:#}"))
}

/// Splits a rendered template at its placeholders.
fn fill(rendered: &str, messages: &[Message]) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut times = vec![0; messages.len()];
    let mut pieces = rendered.split(OPEN);
    parts.push(Part::Template(pieces.next().unwrap_or_default().to_owned()));
    for piece in pieces {
        let (number, after) = piece.split_once(CLOSE).ok_or("the template cuts messages up")?;
        let at: usize = number.parse().map_err(|_| "the template rewrites messages")?;
        let message = messages.get(at).ok_or("the template rewrites messages")?;
        times[at] += 1;
        // Some templates write the rules again with every question; more often is no conversation.
        if times[at] > messages.len() + 1 {
            return Err(format!("the template writes message {} again and again", at + 1));
        }
        parts.push(Part::Content(message.content.clone()));
        parts.push(Part::Template(after.to_owned()));
    }
    match times.iter().position(|times| *times == 0) {
        Some(at) => Err(format!("the template leaves out message {} of {}", at + 1, messages.len())),
        None => Ok(parts),
    }
}

/// The turns with the leading system message put before the first user's, or `None` when there is
/// no such pair.
fn without_system(turns: &[(&'static str, String)]) -> Option<Vec<(&'static str, String)>> {
    let [(system, rules), (user, question), rest @ ..] = turns else { return None };
    if *system != role(Speaker::System) || *user != role(Speaker::User) {
        return None;
    }
    let mut merged = vec![(*user, format!("{rules}\n\n{question}"))];
    merged.extend_from_slice(rest);
    Some(merged)
}

/// The form for models without a template: the system's text, then turns headed `User:` and
/// `Assistant:` with an empty line between them. It protects nothing: a content that holds such a
/// heading looks like a turn.
fn plain(messages: &[Message], open: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for message in messages {
        match message.speaker {
            Speaker::System => {}
            Speaker::User => parts.push(Part::Template("User:\n".into())),
            Speaker::Assistant => parts.push(Part::Template("Assistant:\n".into())),
        }
        parts.push(Part::Content(message.content.clone()));
        parts.push(Part::Template("\n\n".into()));
    }
    if open {
        parts.push(Part::Template("Assistant:\n".into()));
    }
    parts
}

fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// The source without `{% generation %}`, which marks for training what the assistant wrote.
fn without_marks(source: &str) -> String {
    let mark = |name: &str| {
        Regex::new(&format!(r"\{{%([-+]?)\s*{name}\s*([-+]?)%\}}")).expect("it is an expression")
    };
    let source = mark("generation").replace_all(source, "{%$1 if true $2%}");
    mark("endgeneration").replace_all(&source, "{%$1 endif $2%}").into_owned()
}

/// Jinja as the `transformers` library sets it up for chat templates.
fn environment<'source>() -> Environment<'source> {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("Jinja's own delimiters are a valid syntax");
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(methods::call);
    // Errors would show the values at hand, however large a template made them.
    environment.set_debug(false);
    environment.add_function("raise_exception", |message: String| -> Result<(), minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
    });
    environment.add_function("strftime_now", |format: &str| clock::now(format));
    environment.add_filter("tojson", json::to_json);
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    // Whatever has a length and can be indexed, in Python.
    environment.add_test("sequence", |value: &Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::String)
    });
    environment
}

/// Jinja's `default`, which minijinja has without its named arguments.
fn default(
    value: Value,
    other: Option<Value>,
    lax: Option<bool>,
    options: Kwargs,
) -> Result<Value, minijinja::Error> {
    let other = other.or(options.get("default_value")?).unwrap_or_else(|| "".into());
    let lax = lax.or(options.get("boolean")?).unwrap_or(false);
    options.assert_all_used()?;
    Ok(if value.is_undefined() || (lax && !value.is_true()) { other } else { value })
}

pub use child::serve_if_asked;

#[cfg(any(test, fuzzing))]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

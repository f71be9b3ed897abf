//! The app's window as a person sees and uses it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::display::Display;
use super::driver::{Driver, ENTER, until};
use crate::setting;

/// A model reads and writes in this time, even when other tests have the processor too.
pub const ANSWER: Duration = Duration::from_secs(240);
/// Everything else takes a moment.
pub const MOMENT: Duration = Duration::from_secs(20);

/// Somebody with an empty machine: home folder, data folder and settings are gone with the test.
pub struct Person {
    folder: TempDir,
}

impl Person {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the app and waits until it is ready.
    pub fn opens(&self, display: &Display, theme: &str) -> Desk {
        let home = self.folder().join("home");
        let [data, config, cache, runtime, inhouse] =
            ["data", "config", "cache", "run", "inhouse"].map(|name| home.join(name));
        for folder in [&data, &config, &cache, &runtime] {
            fs::create_dir_all(folder).expect("a folder of the home folder");
        }
        let variables: &[(&str, &Path)] = &[
            ("HOME", &home),
            ("XDG_DATA_HOME", &data),
            ("XDG_CONFIG_HOME", &config),
            ("XDG_CACHE_HOME", &cache),
            ("XDG_RUNTIME_DIR", &runtime),
            ("INHOUSE_HOME", &inhouse),
            ("INHOUSE_MODELS", &setting::models()),
            ("INHOUSE_CHAT_MODEL", Path::new(setting::CHAT_MODEL)),
            ("GTK_THEME", Path::new(theme)),
            // The window speaks English unless it is told otherwise.
            ("LC_ALL", Path::new("C.UTF-8")),
        ];
        let desk = Desk { driver: Driver::start(display, variables) };
        desk.until("the window is ready", MOMENT, || {
            desk.driver.run("return document.documentElement.dataset.ready", &[]) == "true"
        });
        desk
    }
}

/// One start of the app. Dropping it kills the app; if the test has failed, what was on the screen
/// is kept as `window-failed.png`.
pub struct Desk {
    driver: Driver,
}

/// A source in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub state: String,
    /// Code of the reason, if it failed.
    pub reason: Option<String>,
}

/// The last answer of the chat, as it is shown.
#[derive(Debug)]
pub struct Shown {
    pub state: String,
    pub text: String,
    /// Sentences, and whether they are shown as supported.
    pub sentences: Vec<(String, bool)>,
    pub citations: Vec<Cited>,
}

#[derive(Debug)]
pub struct Cited {
    /// Of the source.
    pub name: String,
    pub page: u64,
    /// What a screen reader says, with the quote.
    pub label: String,
}

/// When the parts of an answer appeared in the page, after Enter was pressed.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    pub evidence: Option<Duration>,
    /// The first words.
    pub text: Option<Duration>,
    pub end: Duration,
    /// How often the text was seen growing before it was done.
    pub growths: u64,
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |part: Option<Duration>| {
            part.map_or("never".into(), |part| format!("after {} ms", part.as_millis()))
        };
        write!(
            f,
            "passages {}, first words {}, done {}, the text grew {} times",
            ms(self.evidence),
            ms(self.text),
            ms(Some(self.end)),
            self.growths
        )
    }
}

/// What the reader shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    pub name: String,
    pub page: u64,
    pub text: String,
    pub mark: String,
    /// The mark lies within the visible part of the page.
    pub mark_in_view: bool,
}

impl Desk {
    pub fn has(&self, selector: &str) -> bool {
        self.count(selector) > 0
    }

    pub fn count(&self, selector: &str) -> u64 {
        let count =
            self.driver.run("return document.querySelectorAll(arguments[0]).length", &[json!(selector)]);
        count.as_u64().expect("a number of elements")
    }

    /// The text of the last such element; what its style hides is left out.
    pub fn text(&self, selector: &str) -> String {
        let text = self.driver.run(
            "return [...document.querySelectorAll(arguments[0])].at(-1)?.innerText ?? ''",
            &[json!(selector)],
        );
        text.as_str().expect("a text").to_owned()
    }

    /// Any expression of the page.
    pub fn value(&self, expression: &str) -> Value {
        self.driver.run(&format!("return {expression}"), &[])
    }

    pub fn click(&self, selector: &str) {
        self.driver.click(selector);
    }

    /// Chooses what a list offers under a value.
    pub fn choose(&self, selector: &str, value: &str) {
        let chosen = self.driver.run(
            "const list = document.querySelector(arguments[0]);
             list.value = arguments[1];
             list.dispatchEvent(new Event('change', { bubbles: true }));
             return list.value",
            &[json!(selector), json!(value)],
        );
        assert_eq!(chosen.as_str(), Some(value), "{selector} does not offer it");
    }

    pub fn until(&self, what: &str, limit: Duration, look: impl Fn() -> bool) {
        until(what, limit, || look().then_some(()));
    }

    /// The sources in the list, by name.
    pub fn sources(&self) -> BTreeMap<String, Listed> {
        let listed = self.driver.run(
            "return [...document.querySelectorAll('[data-testid=source-item]')].map((item) => [item.dataset.name,
               item.dataset.state, item.querySelector('[data-testid=reason]')?.dataset.code ?? null])",
            &[],
        );
        let listed = listed.as_array().expect("a list of sources").iter();
        listed
            .map(|source| {
                let reason = source[2].as_str().map(str::to_owned);
                (string(&source[0]), Listed { state: string(&source[1]), reason })
            })
            .collect()
    }

    /// The question that is being typed.
    pub fn draft(&self) -> String {
        string(&self.value("document.querySelector('[data-testid=question]').value"))
    }

    pub fn type_question(&self, text: &str) {
        self.type_into("[data-testid=question]", text);
    }

    pub fn type_into(&self, selector: &str, text: &str) {
        self.driver.type_into(selector, text);
    }

    pub fn clear_question(&self) {
        self.driver.clear("[data-testid=question]");
    }

    /// Types a question and presses Enter.
    pub fn ask(&self, question: &str) {
        self.type_question(question);
        self.driver.run(include_str!("watch.js"), &[]);
        self.type_question(ENTER);
    }

    /// Waits for the answer to the last question and says how it came.
    pub fn answer(&self) -> (Shown, Course) {
        self.until("the answer is done", ANSWER, || self.value("window.seen.end").is_number());
        let seen = self.value("window.seen");
        let at = |part: &str| seen[part].as_f64().map(|ms| Duration::from_secs_f64(ms / 1000.0));
        let course = Course {
            evidence: at("evidence"),
            text: at("text"),
            end: at("end").expect("it was waited for"),
            growths: seen["growths"].as_u64().expect("a number"),
        };
        (self.shown(), course)
    }

    /// The last answer of the chat.
    pub fn shown(&self) -> Shown {
        let shown = self.driver.run(
            "const answer = [...document.querySelectorAll('[data-testid=answer]')].at(-1);
             const name = (id) => document.querySelector(`[data-source-id='${id}']`)?.dataset.name ?? '';
             const all = (part) => [...answer.querySelectorAll(`[data-testid=${part}]`)];
             return {
               state: answer.dataset.state,
               text: answer.innerText,
               sentences: all('sentence').map((part) => [part.innerText, part.dataset.supported === 'true']),
               citations: all('citation').map((part) =>
                 [name(part.dataset.source), Number(part.dataset.page), part.ariaLabel]),
             };",
            &[],
        );
        let list = |part: &str| shown[part].as_array().expect("a list").clone();
        Shown {
            state: string(&shown["state"]),
            text: string(&shown["text"]),
            sentences: list("sentences").iter().map(|it| (string(&it[0]), it[1] == true)).collect(),
            citations: list("citations")
                .iter()
                .map(|it| Cited {
                    name: string(&it[0]),
                    page: it[1].as_u64().expect("a page"),
                    label: string(&it[2]),
                })
                .collect(),
        }
    }

    /// The states of all answers of the chat.
    pub fn states(&self) -> Vec<String> {
        let states = self
            .value("[...document.querySelectorAll('[data-testid=answer]')].map((it) => it.dataset.state)");
        states.as_array().expect("a list of states").iter().map(string).collect()
    }

    /// Clicks a citation of the last answer and reads what opens.
    pub fn open_citation(&self, index: usize) -> Reading {
        let place = self.driver.run(
            "const answer = [...document.querySelectorAll('[data-testid=answer]')].at(-1);
             const citation = answer.querySelectorAll('[data-testid=citation]')[arguments[0]];
             document.getElementById('to-click')?.removeAttribute('id');
             citation.id = 'to-click';
             return `[data-source='${citation.dataset.source}'][data-page='${citation.dataset.page}']`;",
            &[json!(index)],
        );
        self.click("#to-click");
        let page = format!("[data-testid=reader-page]{}", string(&place));
        self.until("the page stands in the reader", MOMENT, || {
            self.has(&page) && self.has("[data-testid=reader-mark]")
        });
        self.reading()
    }

    /// What the reader shows now.
    pub fn reading(&self) -> Reading {
        let shown = self.driver.run(
            "const part = (name) => document.querySelector(`[data-testid=${name}]`);
             const mark = part('reader-mark')?.getBoundingClientRect();
             const view = part('reader-text').parentElement.getBoundingClientRect();
             return {
               name: part('reader').querySelector('h2').textContent.trim(),
               page: Number(part('reader-page').dataset.page),
               text: part('reader-text').textContent,
               mark: part('reader-mark')?.textContent ?? '',
               inView: mark !== undefined && mark.top >= view.top && mark.bottom <= view.bottom,
             };",
            &[],
        );
        Reading {
            name: string(&shown["name"]),
            page: shown["page"].as_u64().expect("a page"),
            text: string(&shown["text"]),
            mark: string(&shown["mark"]),
            mark_in_view: shown["inView"] == true,
        }
    }

    /// Keeps what the window shows among the artifacts.
    pub fn keep_picture(&self, name: &str) {
        fs::create_dir_all(artifacts()).expect("a folder for artifacts");
        fs::write(picture(name), self.driver.screenshot()).expect("room for a picture");
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Of two windows the younger goes first, and it is the one that the test was about.
        if thread::panicking() && !picture("failed").exists() {
            // The first panic is the one that counts.
            catch_unwind(AssertUnwindSafe(|| self.keep_picture("failed"))).ok();
        }
    }
}

/// Those of an earlier run would pass for those of this one.
pub fn remove_pictures() {
    for entry in fs::read_dir(artifacts()).into_iter().flatten() {
        let path = entry.expect("an artifact").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("window-")) {
            fs::remove_file(&path).expect("a picture can be removed");
        }
    }
}

fn picture(name: &str) -> PathBuf {
    artifacts().join(format!("window-{name}.png"))
}

fn artifacts() -> PathBuf {
    std::env::var_os("INHOUSE_ARTIFACTS")
        .map_or_else(|| setting::repository().join("artifacts"), PathBuf::from)
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

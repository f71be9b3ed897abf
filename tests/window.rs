//! The real window: a folder is dropped on it, a question is asked, and a click on the answer opens
//! the page with the quoted words marked; then once more after a restart, in Chinese and in the
//! dark.

mod desk;
mod display;
mod driver;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::setting;
use desk::{ANSWER, Course, Desk, Listed, MOMENT, Person};
use display::Display;

/// Reading the sample documents takes seconds.
const READING: Duration = Duration::from_secs(180);

/// Half a second is wanted; other tests have the processor too.
const EVIDENCE: Duration = Duration::from_secs(3);

/// The sample documents and the state that is true of each.
const STATES: &[(&str, &str, Option<&str>)] = &[
    ("travel-policy.pdf", "ready", None),
    ("staff-handbook.docx", "ready", None),
    ("price-list.md", "ready", None),
    ("meeting-notes.md", "ready", None),
    ("报销制度.txt", "ready", None),
    ("采购管理办法.docx", "ready", None),
    ("信息安全管理规定.pdf", "ready", None),
    ("会议纪要.md", "ready", None),
    ("scan.pdf", "failed", Some("no_text")),
    ("broken.pdf", "failed", Some("broken")),
    ("empty.txt", "failed", Some("empty")),
];

const LIGHT: &str = "Adwaita";
const DARK: &str = "Adwaita:dark";

/// One story in one test: what a later part finds is what an earlier one left.
#[test]
fn a_dropped_folder_becomes_answers_that_open_their_page() {
    let display = Display::open();
    desk::remove_pictures();
    let person = Person::new();

    let desk = person.opens(&display, LIGHT);
    it_opens_empty(&desk);
    a_dropped_folder_comes_to_its_true_states(&desk, &display, person.folder());
    let course = an_answer_streams_and_its_citation_opens_the_page(&desk, "en-04", "en-answer");
    // A short answer may come in one frame; this one is a sentence.
    assert!(course.growths > 1, "the text did not stream: {course:?}");
    let draft = an_answer_is_broken_off_by_a_kill(&desk);
    drop(desk);

    let desk = person.opens(&display, LIGHT);
    everything_is_back(&desk, &draft);
    an_answer_can_be_stopped(&desk);
    the_language_can_be_switched(&desk);
    an_answer_streams_and_its_citation_opens_the_page(&desk, "zh-08", "zh-answer");
    what_no_document_says_is_declined(&desk, "zh-u3");
    drop(desk);

    let desk = person.opens(&display, DARK);
    it_follows_the_system_into_the_dark(&desk);
    a_second_window_says_that_it_may_not_write(&display, &person);
}

fn it_opens_empty(desk: &Desk) {
    assert!(desk.has("[data-testid=welcome]"), "there is no document, and nothing says what to do");
    assert_eq!(desk.value("document.documentElement.lang"), "en");
    assert_eq!(desk.count("[data-testid=notice]"), 0, "{}", desk.text("[data-testid=notice]"));
    assert_eq!(desk.count("[data-testid=model-banner]"), 0, "{}", desk.text("[data-testid=model-banner]"));
    desk.keep_picture("en-empty");
}

fn a_dropped_folder_comes_to_its_true_states(desk: &Desk, display: &Display, folder: &Path) {
    // A name that a file manager has to escape.
    let documents = folder.join("Papiers d’été & 资料");
    fs::rename(setting::copy_of_corpus().keep(), &documents).expect("the copy can be renamed");
    display.drop_on_window(&documents, || {
        desk.until("the window shows where to drop", MOMENT, || desk.has("[data-testid=drop-overlay]"));
        desk.keep_picture("en-drop");
    });
    let begun = Instant::now();
    desk.until("the overlay is gone", MOMENT, || !desk.has("[data-testid=drop-overlay]"));
    desk.until("the sources are listed", MOMENT, || desk.sources().len() == STATES.len());
    desk.until("every source has its last state", READING, || {
        desk.sources().values().all(|source| !["queued", "reading"].contains(&source.state.as_str()))
    });
    println!("window: {} sources read in {:.1} s", STATES.len(), begun.elapsed().as_secs_f64());
    let listed = desk.sources();
    for (name, state, reason) in STATES {
        let expected = Listed { state: (*state).to_owned(), reason: reason.map(str::to_owned) };
        assert_eq!(listed.get(*name), Some(&expected), "{name}");
    }
    desk.keep_picture("en-sources");
    // Those that need somebody can be looked at alone, and say why.
    desk.click("[data-show=attention]");
    assert_eq!(desk.sources().len(), STATES.iter().filter(|(_, state, _)| *state == "failed").count());
    assert!(
        desk.text("[data-name='scan.pdf']").contains("seems to be a scan"),
        "{}",
        desk.text("[data-name='scan.pdf']")
    );
    desk.keep_picture("en-attention");
    desk.click("[data-show=all]");
}

fn an_answer_streams_and_its_citation_opens_the_page(desk: &Desk, id: &str, picture: &str) -> Course {
    let question = Question::of(id);
    desk.ask(&question.question);
    let (shown, course) = desk.answer();
    print_course(id, course);
    assert_eq!(shown.state, "done", "{shown:?}");
    let (evidence, text) =
        (course.evidence.expect("passages were shown"), course.text.expect("words were shown"));
    assert!(
        evidence < text && text < course.end,
        "first the passages, then the words, then the end: {course:?}"
    );
    assert!(evidence < EVIDENCE, "the passages came late: {course:?}");
    assert!(shown.sentences.iter().any(|(_, supported)| *supported), "{shown:?}");

    let (file, page) = question.place();
    let cited = |(name, at): &(String, u64)| name == file && page.is_none_or(|page| page == *at);
    let index =
        shown.citations.iter().position(cited).unwrap_or_else(|| panic!("{file} is not cited: {shown:?}"));
    let reading = desk.open_citation(index);
    desk.keep_picture(picture);
    assert_eq!(reading.name, file);
    assert_eq!(reading.page, shown.citations[index].1);
    assert!(!reading.mark.is_empty() && reading.text.contains(&reading.mark), "{reading:?}");
    assert!(question.is_answered_by(&reading.mark), "{:?} answers nothing", reading.mark);
    assert!(reading.mark_in_view, "the marked words are not in view");
    // Another program reads the same words on that page.
    let printed = text_of_pdf_page(&setting::corpus().join(file), reading.page);
    assert!(
        dense(&printed).contains(&dense(&reading.mark)),
        "{:?} does not stand in {printed}",
        reading.mark
    );
    course
}

/// Returns the draft that was typed before the app was killed.
fn an_answer_is_broken_off_by_a_kill(desk: &Desk) -> String {
    desk.ask(&Question::of("en-05").question);
    desk.until("the model is at work", MOMENT, || desk.has("[data-testid=stop]"));
    let draft = "Who pays for the taxi?\n还有，发票丢了怎么办？".to_owned();
    // Enter would ask; a new line is Shift+Enter.
    desk.type_question(&draft.replace('\n', "\u{E008}\u{E007}\u{E008}"));
    assert_eq!(desk.draft(), draft);
    // The window keeps what is on it once it has rested for a moment.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(desk.shown().state, "streaming");
    draft
}

fn everything_is_back(desk: &Desk, draft: &str) {
    assert_eq!(desk.draft(), draft);
    assert_eq!(desk.sources().len(), STATES.len());
    assert_eq!(desk.count("[data-testid=chat-item]"), 1);
    assert_eq!(desk.count("[data-testid=turn]"), 2);
    assert_eq!(desk.value("document.querySelector('[data-testid=answer]').dataset.state"), "done");
    assert!(desk.has("[data-testid=citation]"), "the answer has lost its citations");
    // The one that was being written is not shown as an answer.
    assert!(desk.has("[data-testid=again]"), "{:?}", desk.shown());
    let reading = desk.reading();
    assert!(Question::of("en-04").is_answered_by(&reading.mark), "{reading:?}");
    assert!(reading.mark_in_view, "the marked words are not in view after a restart");
    desk.keep_picture("en-restored");
}

fn an_answer_can_be_stopped(desk: &Desk) {
    desk.click("[data-testid=again]");
    desk.until("passages are found", MOMENT, || {
        desk.count("[data-testid=turn]") == 3 && desk.has("[data-testid=stop]")
    });
    desk.until("the model is loaded", ANSWER, || desk.has("[data-testid=model][data-state=loaded]"));
    desk.keep_picture("en-waiting");
    let begun = Instant::now();
    desk.click("[data-testid=stop]");
    desk.until("the answer is stopped", MOMENT, || desk.shown().state == "stopped");
    println!("window: stopped {} ms after the click", begun.elapsed().as_millis());
    assert!(!desk.has("[data-testid=stop]"));
    // The window goes on working.
    desk.click("[data-testid=reader-close]");
    assert!(!desk.has("[data-testid=reader]"));
    desk.click("[data-testid=source-item][data-name='price-list.md'] [data-row]");
    desk.until("a document opens", MOMENT, || desk.text("[data-testid=reader-text]").contains("Tarn"));
    desk.keep_picture("en-stopped");
}

fn the_language_can_be_switched(desk: &Desk) {
    desk.click("[data-testid=language]");
    assert_eq!(desk.value("document.documentElement.lang"), "zh-CN");
    desk.click("[data-testid=new-chat]");
    assert!(desk.text("[data-testid=hints]").contains('？'), "{}", desk.text("[data-testid=hints]"));
    desk.clear_question();
}

fn what_no_document_says_is_declined(desk: &Desk, id: &str) {
    let question = Question::of(id);
    desk.ask(&question.question);
    let (shown, course) = desk.answer();
    print_course(id, course);
    desk.keep_picture("zh-declined");
    assert_eq!(shown.state, "declined", "{shown:?}");
    assert!(shown.text.contains('文') && shown.citations.is_empty(), "{shown:?}");
}

fn it_follows_the_system_into_the_dark(desk: &Desk) {
    assert_eq!(desk.value("matchMedia('(prefers-color-scheme: dark)').matches"), true);
    assert_eq!(desk.value("document.documentElement.lang"), "zh-CN", "the choice of language is lost");
    assert_eq!(desk.count("[data-testid=turn]"), 2);
    desk.keep_picture("zh-dark");
}

fn a_second_window_says_that_it_may_not_write(display: &Display, person: &Person) {
    let desk = person.opens(display, LIGHT);
    assert_eq!(desk.sources().len(), STATES.len());
    desk.click("[data-name='scan.pdf'] [data-testid=retry]");
    desk.until("it says so", MOMENT, || desk.has("[data-testid=notice][data-code=home_locked]"));
    desk.keep_picture("zh-locked");
}

fn print_course(id: &str, course: Course) {
    let ms =
        |part: Option<Duration>| part.map_or("never".to_owned(), |part| format!("{} ms", part.as_millis()));
    println!(
        "window: {id}: evidence after {}, first words after {}, done after {}, {} growths",
        ms(course.evidence),
        ms(course.text),
        ms(Some(course.end)),
        course.growths,
    );
}

/// A question of tests/corpus/questions.json.
struct Question {
    question: String,
    value: Value,
}

impl Question {
    fn of(id: &str) -> Self {
        let text = fs::read_to_string(setting::corpus().join("questions.json")).expect("the questions");
        let mut all: Value = serde_json::from_str(&text).expect("the questions are JSON");
        let mut found = ["answerable", "unanswerable"]
            .into_iter()
            .flat_map(|kind| all[kind].take().as_array().expect("a list of questions").clone());
        let value = found.find(|question| question["id"] == id).unwrap_or_else(|| panic!("no question {id}"));
        Self { question: value["question"].as_str().expect("a question").to_owned(), value }
    }

    /// The document that answers, and its page if it has several.
    fn place(&self) -> (&str, Option<u64>) {
        (self.value["file"].as_str().expect("a file"), self.value["page"].as_u64())
    }

    fn is_answered_by(&self, text: &str) -> bool {
        let wordings = self.value["answer"].as_array().expect("a list of wordings");
        wordings.iter().any(|wording| dense(text).contains(&dense(wording.as_str().expect("a wording"))))
    }
}

fn text_of_pdf_page(file: &Path, page: u64) -> String {
    let page = page.to_string();
    let output = Command::new("pdftotext")
        .args(["-f", &page, "-l", &page, "-raw"])
        .arg(file)
        .arg("-")
        .output()
        .expect("pdftotext was found before");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Without white space: a line of a PDF breaks inside a sentence.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

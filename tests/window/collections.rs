//! Documents are kept in a collection, in which is asked while it is chosen; it is pinned, computed ahead by the real model, unpinned, and taken
//! away. The documents stay as they were.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::desk::{ANSWER, Desk, MOMENT, Person};
use super::display::Display;
use super::driver::ENTER;
use super::{DARK, LIGHT};
use crate::setting;

/// The Esc key, as WebDriver writes it.
const ESCAPE: &str = "\u{E00C}";
const NAMES: [&str; 3] = ["price-list.md", "meeting-notes.md", "报销制度.txt"];
/// A question that only meeting-notes.md answers, and words of the answer.
const OUTSIDE: &str = "Where is the Christmas party?";
const ANSWERED: &str = "Crosshaven";
/// What says that the next question is asked within a collection.
const WITHIN: &str = "[data-testid=ask-within]";
const COLLECTION: &str = "[data-testid=collection][data-collection=Prices]";

#[test]
fn documents_are_kept_in_a_collection_that_is_computed_ahead() {
    let _alone = setting::alone();
    let display = Display::open();
    let person = Person::new();
    let documents = person.folder().join("documents");
    fs::create_dir(&documents).expect("a folder");
    for name in NAMES {
        fs::copy(setting::corpus().join(name), documents.join(name)).expect("a copy");
    }
    let desk = person.opens(&display, LIGHT);
    display.drop_on_window(&documents, || {});
    desk.until("all is read", ANSWER, || {
        desk.sources().len() == NAMES.len() && desk.sources().values().all(|source| source.state == "ready")
    });

    a_collection_is_made_and_the_list_narrowed(&desk);
    what_is_asked_is_asked_in_it(&desk);
    it_is_pinned_once_its_cost_is_known(&desk);
    assert_eq!(kept(&person), 0);
    assert!(desk.text("[data-testid=computed]").contains("Nothing is computed yet."));
    desk.keep_picture("en-pinned");
    it_is_computed(&desk, &person);
    desk.keep_picture("en-computed");
    desk.click("[data-testid=language]");
    desk.keep_picture("zh-computed");
    desk.click("[data-testid=language]");

    desk.click("[data-testid=unpin]");
    desk.until("it is asked", MOMENT, || desk.has("[data-testid=confirm-yes]"));
    desk.keep_picture("en-unpin");
    desk.click("[data-testid=confirm-yes]");
    desk.until("it is not pinned", MOMENT, || desk.has(&format!("{COLLECTION}[data-pinned=false]")));
    desk.until("nothing of it is kept", MOMENT, || kept(&person) == 0);
    // What was removed is not taken for computed when it is pinned again.
    it_is_pinned_once_its_cost_is_known(&desk);
    computing_is_stopped(&desk);
    it_is_computed(&desk, &person);

    drop(desk);
    let desk = person.opens(&display, DARK);
    desk.until("this app may write", MOMENT, || !desk.has("[data-code=home_locked]"));
    desk.click(&format!("{COLLECTION} [data-row]"));
    desk.until("it is asked in it again", MOMENT, || desk.has(WITHIN));
    desk.keep_picture("en-within-dark");
    desk.click("[data-testid=language]");
    desk.keep_picture("zh-within-dark");
    desk.click("[data-testid=language]");

    desk.click(&format!("{COLLECTION} [data-testid=remove-collection]"));
    desk.until("it is asked", MOMENT, || desk.has("[data-testid=confirm-yes]"));
    desk.click("[data-testid=confirm-yes]");
    desk.until("it is gone", MOMENT, || !desk.has("[data-testid=collection]"));
    desk.until("so is what was computed", MOMENT, || kept(&person) == 0);
    // Where it was asked is known still, and the next question is asked in all documents.
    assert_eq!(desk.count("[data-testid=turn-within]"), 1);
    assert_eq!(desk.text("[data-testid=turn-within]"), "in Prices");
    assert!(!desk.has(WITHIN));
    assert_eq!(desk.sources().len(), NAMES.len());
    assert_eq!(desk.count("[data-testid=notice]"), 0, "{}", desk.text("[data-testid=notice]"));
    for name in NAMES {
        let [before, after] =
            [setting::corpus(), documents.clone()].map(|folder| fs::read(folder.join(name)));
        assert_eq!(before.expect("a sample"), after.expect("its copy"));
    }
}

fn a_collection_is_made_and_the_list_narrowed(desk: &Desk) {
    desk.click("[data-testid=new-collection]");
    desk.type_into("[data-testid=collection-name]", &format!("Prices{ENTER}"));
    desk.until("it is made and chosen", MOMENT, || desk.has("[data-testid=collection-empty]"));
    assert_eq!(desk.sources().len(), 0);
    desk.keep_picture("en-collection-empty");
    desk.click("[data-testid=all-documents]");
    desk.click("[data-name='price-list.md'] [data-testid=collections-of-source]");
    desk.click("[data-testid=in-collection][data-collection=Prices]");
    desk.until("it is put in", MOMENT, || desk.has("[data-testid=in-collection]:checked"));
    desk.keep_picture("en-collections-of");
    desk.type_into("dialog [data-testid=collection-name]", ESCAPE);
    desk.until("the choice is closed", MOMENT, || !desk.has("dialog"));
    desk.click(&format!("{COLLECTION} [data-row]"));
    desk.until("the list is narrowed", MOMENT, || desk.sources().keys().eq(["price-list.md"]));
}

/// What stands only outside of the collection is not answered from there, until it is asked in all documents.
fn what_is_asked_is_asked_in_it(desk: &Desk) {
    assert_eq!(desk.text(WITHIN).trim(), "in Prices");
    desk.keep_picture("en-within");
    desk.ask(OUTSIDE);
    let (shown, course) = desk.answer();
    println!("window: within a collection: {course}");
    assert!(shown.state == "declined" && shown.text.contains("This is not in “Prices”."), "{shown:?}");
    assert_eq!(desk.text("[data-testid=turn-within]"), "in Prices");
    desk.keep_picture("en-within-declined");
    desk.click("[data-testid=language]");
    desk.keep_picture("zh-within-declined");
    desk.click("[data-testid=language]");
    desk.click("[data-testid=ask-in-all]");
    desk.until("it is asked in all documents", MOMENT, || desk.count("[data-testid=turn]") == 2);
    desk.until("that is answered", ANSWER, || desk.shown().state == "done");
    let shown = desk.shown();
    // The document is not in the list, which is narrowed still, so it has no name here.
    let quoted = shown.citations.iter().any(|cited| cited.label.contains(ANSWERED));
    assert!(quoted, "{shown:?}");
    assert_eq!(desk.count("[data-testid=turn-within]"), 1);
    assert!(desk.has(WITHIN));
    desk.keep_picture("en-within-all");
}

fn it_is_pinned_once_its_cost_is_known(desk: &Desk) {
    desk.click("[data-testid=pin]");
    desk.until("its cost is known", ANSWER, || desk.has("[data-testid=pin-cost]"));
    let cost = desk.text("[data-testid=pin-offer]");
    assert!(cost.contains("passages, about ") && cost.contains("may take "), "{cost}");
    assert!(desk.has(&format!("{COLLECTION}[data-pinned=false]")));
    desk.keep_picture("en-pin-offer");
    desk.click("[data-testid=pin-yes]");
    desk.until("it is pinned", MOMENT, || desk.has(&format!("{COLLECTION}[data-pinned=true]")));
    desk.until("what is computed is known", MOMENT, || {
        desk.has("[data-testid=collection-card][data-complete=false] [data-testid=compute]")
    });
}

fn computing_is_stopped(desk: &Desk) {
    desk.click("[data-testid=compute]");
    desk.until("it is under way", MOMENT, || desk.has("[data-testid=ahead]"));
    desk.click("[data-testid=stop-computing]");
    desk.until("it has stopped, and is not complete", MOMENT, || {
        !desk.has("[data-testid=ahead]") && desk.has("[data-complete=false] [data-testid=compute]")
    });
}

fn it_is_computed(desk: &Desk, person: &Person) {
    desk.click("[data-testid=compute]");
    desk.until("it is under way", MOMENT, || desk.has("[data-testid=ahead]"));
    desk.keep_picture("en-computing");
    let complete = "[data-testid=collection-card][data-complete=true]";
    desk.until("it is computed", ANSWER, || desk.has(complete));
    desk.until("its progress is gone", Duration::from_secs(2), || !desk.has("[data-testid=ahead]"));
    let told = desk.text("[data-testid=computed]");
    assert!(told.contains("All computed") && kept(person) > 0, "{told}");
}

/// Bytes of what is computed ahead.
fn kept(person: &Person) -> u64 {
    bytes_in(&person.folder().join("home/inhouse/pinned"))
}

fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => bytes_in(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

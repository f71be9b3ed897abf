//! Sources in the record: known by content, ready only when all is in memory, replaced as a whole.

use std::path::Path;

use inhouse_agent::passage::{Cell, CharRange, Page, Sheet};
use inhouse_agent::read::{FailureCode, ReadFailure};
use inhouse_agent::source::{Sha256, SourceId, SourceState};
use inhouse_record::{NewPassage, Noted, Record, Stat};

const STAT: Stat = Stat { bytes: 10, modified_ns: 1 };

fn record() -> (tempfile::TempDir, Record) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let record = Record::open(&folder.path().join("record.sqlite")).expect("a record");
    (folder, record)
}

fn note(record: &Record, path: &str, content: u8) -> Noted {
    record.note(Path::new(path), STAT, Sha256([content; 32])).expect("a note")
}

fn queued(noted: Noted) -> SourceId {
    match noted {
        Noted::Queued(id) => id,
        Noted::Known(id) => panic!("{id} was known"),
    }
}

fn page(number: u32, text: &str) -> Page {
    Page { number, text: text.into(), headings: Vec::new(), sheet: None }
}

fn make_ready(record: &Record, id: SourceId, pages: &[Page]) -> Vec<SourceId> {
    let passages: Vec<_> = pages
        .iter()
        .filter(|page| !page.text.is_empty())
        .map(|page| NewPassage {
            page: page.number,
            range: CharRange::new(0, page.text.chars().count()),
            heading: String::new(),
        })
        .collect();
    record.mark_reading(id).expect("reading");
    record.keep_extracted(id, pages, &passages).expect("its text");
    let waiting = record.passages_to_embed(id, 100).expect("passages");
    record.mark_in_memory(&waiting.iter().map(|passage| passage.id).collect::<Vec<_>>()).expect("a mark");
    record.mark_ready(id).expect("a state").expect("it is ready")
}

#[test]
fn the_same_content_at_two_places_is_one_source() {
    let (_folder, record) = record();
    let id = queued(note(&record, "/a.txt", 1));
    assert_eq!(note(&record, "/b.txt", 1), Noted::Known(id));
    assert_eq!(record.sources().expect("sources").len(), 1);
    assert_eq!(record.unchanged(Path::new("/b.txt"), STAT).expect("a look"), Some(id));
    let other = Stat { modified_ns: 2, ..STAT };
    assert_eq!(record.unchanged(Path::new("/b.txt"), other).expect("a look"), None);
}

#[test]
fn a_source_is_ready_only_when_every_passage_is_in_memory() {
    let (_folder, record) = record();
    let id = queued(note(&record, "/a.txt", 1));
    assert_eq!(record.mark_ready(id).expect("no error"), None, "nothing was read yet");
    record.keep_extracted(id, &[page(1, "差旅费")], &[]).expect("its text");
    assert_eq!(record.mark_ready(id).expect("no error"), None, "it has no passage");
    let passage = NewPassage { page: 1, range: CharRange::new(1, 3), heading: String::new() };
    record.keep_extracted(id, &[page(1, "差旅费")], &[passage]).expect("its text");
    assert_eq!(record.mark_ready(id).expect("no error"), None, "its passage is not in memory");
    let waiting = record.passages_to_embed(id, 10).expect("passages");
    assert_eq!(waiting[0].text, "旅费");
    assert_eq!(record.usable_passages(&[waiting[0].id]).expect("a look"), []);
    record.mark_in_memory(&[waiting[0].id]).expect("a mark");
    assert_eq!(record.mark_ready(id).expect("no error"), Some(vec![]));
    assert_eq!(record.source(id).expect("a source").state, SourceState::Ready);
    assert_eq!(record.usable_passages(&[waiting[0].id]).expect("a look").len(), 1);
}

#[test]
fn a_source_with_an_empty_page_is_partly_read_and_says_which() {
    let (_folder, record) = record();
    let id = queued(note(&record, "/a.pdf", 1));
    make_ready(&record, id, &[page(1, "text"), page(2, ""), page(3, "more")]);
    let source = record.source(id).expect("a source");
    assert_eq!((source.state, source.pages, source.empty_pages), (SourceState::PartlyRead, 3, vec![2]));
}

#[test]
fn a_changed_file_takes_the_place_of_its_former_content_when_it_is_ready() {
    let (_folder, record) = record();
    let old = queued(note(&record, "/a.txt", 1));
    make_ready(&record, old, &[page(1, "old")]);
    let new = queued(note(&record, "/a.txt", 2));
    let states: Vec<_> = record.sources().expect("sources").iter().map(|source| source.state).collect();
    assert_eq!(states, [SourceState::Ready, SourceState::Queued]);
    assert_eq!(make_ready(&record, new, &[page(1, "new")]), [old]);
    let left = record.sources().expect("sources");
    assert_eq!(left.iter().map(|source| source.id).collect::<Vec<_>>(), [new]);
    assert_eq!(left[0].path, Path::new("/a.txt"));
}

#[test]
fn a_changed_file_that_cannot_be_read_leaves_its_former_content_in_memory() {
    let (_folder, record) = record();
    let old = queued(note(&record, "/a.txt", 1));
    make_ready(&record, old, &[page(1, "old")]);
    let new = queued(note(&record, "/a.txt", 2));
    record.mark_failed(new, &ReadFailure::new(FailureCode::Broken, "cut")).expect("a mark");
    let states: Vec<_> = record.sources().expect("sources").iter().map(|source| source.state).collect();
    assert_eq!(states, [SourceState::Ready, SourceState::Failed]);
    // Back to what it was: the failed content is forgotten.
    assert_eq!(note(&record, "/a.txt", 1), Noted::Known(old));
    assert_eq!(record.sources().expect("sources").len(), 1);
}

#[test]
fn a_failed_source_is_tried_again_and_removed_with_all_its_text() {
    let (_folder, record) = record();
    let failure = ReadFailure::new(FailureCode::PermissionDenied, "closed");
    let closed = record.note_unreadable(Path::new("/a.txt"), &failure).expect("a note");
    assert_eq!(record.note_unreadable(Path::new("/a.txt"), &failure).expect("a note"), closed);
    assert_eq!(record.source(closed).expect("a source").failure, Some(failure));
    let open = queued(note(&record, "/a.txt", 1));
    assert_eq!(record.sources().expect("sources").len(), 1, "the unreadable one is replaced");
    record.keep_extracted(open, &[page(1, "text")], &[]).expect("its text");
    record.remove_source(open).expect("a removal");
    assert_eq!(record.page_text(open, 1).expect("a look"), None);
    assert!(record.remove_source(open).is_err());
}

#[test]
fn a_page_of_a_sheet_keeps_its_cells() {
    let (_folder, record) = record();
    let id = queued(note(&record, "/prices.xlsx", 7));
    let cell = |row, column, start, end| Cell { row, column, range: CharRange::new(start, end) };
    let sheet =
        Sheet { name: "价格".into(), cells: vec![cell(7, 2, 6, 9), cell(1_048_576, 16_384, 12, 14)] };
    let pages = [Page { sheet: Some(sheet.clone()), ..page(1, "Item: Pen | 12") }, page(2, "no sheet")];
    record.keep_extracted(id, &pages, &[]).expect("its text");
    assert_eq!(record.page_sheet(id, 1).expect("a page"), Some(sheet));
    assert_eq!(record.page_sheet(id, 2).expect("a page"), None);
    assert_eq!(record.page_sheet(id, 3).expect("no page"), None);
}

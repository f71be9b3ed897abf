//! What `calendar` promises, read back by another parser.

use std::collections::BTreeSet;

use icalendar::parser::{Component, read_calendar, unfold};

use super::*;

fn day(month: u8, day: u8) -> Day {
    Day::new(2026, month, day).expect("it is a day")
}

fn whole_day(title: &str) -> Entry {
    Entry { title: title.to_owned(), day: day(3, 1), hours: None, notes: String::new(), reminder: None }
}

fn meeting() -> Entry {
    let time = |hour, minute| Time::new(hour, minute).expect("it is a time");
    Entry {
        hours: Some(Hours::new(time(9, 5), Some(time(10, 30))).expect("it ends later")),
        notes: "地点：三楼会议室；议题：付款, 验收\n带上合同\\附件".to_owned(),
        reminder: Some(Reminder::Minutes(15)),
        ..whole_day("项目例会")
    }
}

fn written(entries: &[Entry]) -> String {
    let bytes = calendar(entries, day(2, 28)).expect("it is written");
    let text = String::from_utf8(bytes).expect("it is UTF-8");
    for line in text.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
    }
    text
}

type Properties = Vec<(String, String)>;

/// The properties of each entry and of its reminder, in their order.
fn read_back(text: &str) -> Vec<(Properties, Properties)> {
    let unfolded = unfold(text);
    let calendar = read_calendar(&unfolded).expect("it is a calendar");
    let properties = |component: &Component| {
        let all = component.properties.iter();
        all.map(|one| (one.name.as_str().to_owned(), one.val.as_str().to_owned())).collect::<Properties>()
    };
    let entries = calendar.components.iter().map(|entry| {
        assert_eq!(entry.name.as_str(), "VEVENT");
        (properties(entry), entry.components.iter().flat_map(properties).collect())
    });
    entries.collect()
}

fn value<'a>(properties: &'a [(String, String)], name: &str) -> Option<&'a str> {
    properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_meeting_is_read_back_as_it_was_given() {
    let meeting = meeting();
    let read = read_back(&written(std::slice::from_ref(&meeting)));
    let [(entry, reminder)] = read.as_slice() else { panic!("it is one entry: {read:?}") };
    assert_eq!(value(entry, "SUMMARY"), Some("项目例会"));
    assert_eq!(value(entry, "DESCRIPTION"), Some(meeting.notes.as_str()));
    assert_eq!(value(entry, "DTSTART"), Some("20260301T090500"));
    assert_eq!(value(entry, "DTEND"), Some("20260301T103000"));
    assert_eq!(value(entry, "DTSTAMP"), Some("20260228T000000Z"));
    assert_eq!(value(reminder, "ACTION"), Some("DISPLAY"));
    assert_eq!(value(reminder, "TRIGGER"), Some("-PT15M"));
    assert_eq!(value(reminder, "DESCRIPTION"), Some("项目例会"));
}

#[test]
fn a_whole_day_is_a_date_and_a_start_may_have_no_end() {
    let payment = Entry { reminder: Some(Reminder::Days(3)), ..whole_day("付款") };
    let text = written(std::slice::from_ref(&payment));
    assert!(text.contains("\r\nDTSTART;VALUE=DATE:20260301\r\nTRANSP:TRANSPARENT\r\n"));
    assert!(text.contains("\r\nTRIGGER:-P3D\r\n"));
    assert!(!text.contains("DTEND") && !text.contains("\r\nDESCRIPTION:\r\n"));
    let noon = Hours::new(Time::new(12, 0).expect("it is a time"), None).expect("it has no end");
    let text = written(&[Entry { hours: Some(noon), ..payment }]);
    assert!(text.contains("\r\nDTSTART:20260301T120000\r\n") && !text.contains("DTEND"));
}

#[test]
fn texts_are_data_whatever_they_say() {
    let hostile = "x\r\nEND:VEVENT\nBEGIN:VEVENT\u{85}SUMMARY:\u{2028}forged;,\\n\"";
    let entry = Entry { notes: hostile.repeat(20), reminder: Some(Reminder::Days(1)), ..whole_day(hostile) };
    let text = written(&[entry]);
    assert_eq!(text.matches("\r\nBEGIN:VEVENT\r\n").count(), 1);
    assert_eq!(text.matches("\r\nSUMMARY:").count(), 1);
    let read = read_back(&text);
    let title = "x\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:\nforged;,\\n\"";
    assert_eq!(read.len(), 1);
    assert_eq!(value(&read[0].0, "SUMMARY"), Some(title));
    assert_eq!(value(&read[0].0, "DESCRIPTION"), Some(title.repeat(20).as_str()));
}

#[test]
fn long_chinese_texts_are_folded_and_come_back_whole() {
    let title = "第三季度供应商付款计划与逾期情况说明会".repeat(30);
    let text = written(&[whole_day(&title)]);
    assert!(text.lines().count() > 20);
    assert_eq!(value(&read_back(&text)[0].0, "SUMMARY"), Some(title.as_str()));
}

#[test]
fn what_is_the_same_has_the_same_uid_and_what_is_not_has_another() {
    let other_notes = Entry { notes: "x".to_owned(), ..whole_day("付款") };
    let other_day = Entry { day: day(3, 2), ..whole_day("付款") };
    let entries = [whole_day("付款"), other_notes, other_day, meeting(), whole_day("付款")];
    let uids = |entries: &[Entry]| {
        let read = read_back(&written(entries));
        read.iter().filter_map(|(entry, _)| value(entry, "UID").map(str::to_owned)).collect::<Vec<_>>()
    };
    let all = uids(&entries);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), entries.len());
    let reminded = Entry { reminder: Some(Reminder::Days(1)), ..whole_day("付款") };
    assert_eq!(uids(&[meeting(), reminded]), [all[3].clone(), all[0].clone()]);
    assert_eq!(written(&entries), written(&entries));
}

#[test]
fn a_calendar_without_entries_and_an_entry_without_a_title_are_refused() {
    assert!(matches!(calendar(&[], day(1, 1)), Err(WriteError::Data { .. })));
    let error = calendar(&[whole_day("a"), whole_day(" \n")], day(1, 1)).expect_err("it has no title");
    assert_eq!(error.to_string(), "entry 2 on 2026-03-01: it has no title; give one");
}

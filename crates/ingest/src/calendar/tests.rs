//! What `calendar` gives, tested on calendars as programs write them.

use inhouse_agent::passage::Page;

use super::*;

fn pages(calendar: &[u8]) -> Result<Vec<Page>, FailureCode> {
    let mut pages = Vec::new();
    read(calendar, &mut |page| {
        pages.push(page);
        Ok(())
    })
    .map_err(|failure| failure.code)?;
    Ok(pages)
}

fn text(calendar: impl AsRef<[u8]>) -> String {
    let pages = pages(calendar.as_ref()).expect("it is a calendar");
    pages.into_iter().map(|page| page.text).collect::<Vec<_>>().join("\n")
}

const MEETING: &str = "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260228T000000Z\r\n\
    DTSTART;TZID=Asia/Shanghai:20260301T093000\r\nDTEND;TZID=Asia/Shanghai:20260301T110000\r\n\
    SUMMARY:项目例会\\, 第\r\n 三次\r\nLOCATION:三楼\\;会议室\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n\
    DESCRIPTION:议题：\\n付款\\n验收\r\nSTATUS:CONFIRMED\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:reminder\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\n";

fn calendar(entries: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{entries}END:VCALENDAR\r\n")
}

#[test]
fn an_event_is_its_title_its_time_and_its_notes() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
        END:STANDARD\r\nEND:VTIMEZONE\r\n";
    assert_eq!(
        text(calendar(&format!("X-WR-CALNAME:工作\r\n{zone}{MEETING}"))),
        "Calendar: 工作\n\nEvent: 项目例会, 第三次\n\
         When: 2026-03-01 09:30 (Asia/Shanghai) to 2026-03-01 11:00 (Asia/Shanghai)\n\
         Where: 三楼;会议室\nRepeats: FREQ=WEEKLY;COUNT=4\nStatus: CONFIRMED\nNotes: 议题：\n付款\n验收"
    );
}

#[test]
fn tasks_notes_and_events_without_a_title_are_there_too() {
    let entries = "BEGIN:VTODO\nSUMMARY:报销\nDUE;VALUE=DATE:20260305\nEND:VTODO\n\
        BEGIN:VJOURNAL\nDTSTART;VALUE=DATE:20260301\nDESCRIPTION:x\nEND:VJOURNAL\n\
        begin:vevent\ndtstart:20260301T010203Z\nduration:PT1H\nend:vevent\n";
    assert_eq!(
        text(calendar(entries)),
        "Task: 报销\nDue: 2026-03-05\n\nNote: (no title)\nWhen: 2026-03-01\nNotes: x\n\n\
         Event: (no title)\nWhen: 2026-03-01 01:02:03 UTC, for PT1H"
    );
}

#[test]
fn a_calendar_in_an_old_encoding_is_read() {
    let text_of =
        calendar("BEGIN:VEVENT\nSUMMARY:请于三月五日前确认付款计划\nDTSTART:20260301\nEND:VEVENT\n");
    let (bytes, ..) = encoding_rs::GB18030.encode(&text_of);
    assert_eq!(text(&bytes), "Event: 请于三月五日前确认付款计划\nWhen: 2026-03-01");
}

#[test]
fn a_title_cannot_look_like_another_entry() {
    let entries = "BEGIN:VEVENT\nSUMMARY:a\\nWhen: never\nDTSTART:20260301\nEND:VEVENT\n";
    assert_eq!(text(calendar(entries)), "Event: a When: never\nWhen: 2026-03-01");
}

#[test]
fn what_is_no_calendar_or_breaks_off_has_its_code() {
    let whole = calendar(MEETING);
    for broken in [
        "just text",
        "SUMMARY:x\nBEGIN:VCALENDAR\nEND:VCALENDAR\n",
        "BEGIN:VEVENT\nEND:VEVENT\n",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n",
        "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n",
        whole.trim_end().trim_end_matches("END:VCALENDAR"),
        &whole[..whole.len() / 2],
    ] {
        assert_eq!(pages(broken.as_bytes()), Err(FailureCode::Broken), "{broken}");
    }
    assert_eq!(pages(calendar("").as_bytes()), Err(FailureCode::Empty));
    assert_eq!(pages(b"BEGIN:VCALENDAR\n\0\0\0\0"), Err(FailureCode::Broken));
}

#[test]
fn every_entry_of_a_long_calendar_is_on_a_page() {
    let entries: String = (0..5000)
        .map(|at| format!("BEGIN:VEVENT\r\nSUMMARY:entry {at}\r\nDTSTART:20260301\r\nEND:VEVENT\r\n"))
        .collect();
    let pages = pages(calendar(&entries).as_bytes()).expect("it is a calendar");
    let titles = pages.iter().flat_map(|page| page.text.lines()).filter(|line| line.starts_with("Event: "));
    assert_eq!(titles.count(), 5000);
    assert!(pages.len() > 50);
    assert!(pages.iter().all(|page| page.text.starts_with("Event: ")));
}

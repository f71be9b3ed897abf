//! What `mail` promises, read back by another mail parser.

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};

use super::*;

fn day() -> Day {
    Day::new(2026, 3, 1).expect("it is a day")
}

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox::new(name, address).expect("it is an address")
}

fn draft() -> Mail {
    Mail {
        to: vec![mailbox("李伟", "li.wei@example.com"), mailbox("", "b@example.com")],
        cc: vec![mailbox("Müller, Jörg \"JM\"", "jm@example.de")],
        subject: "关于第三季度付款计划的通知".to_owned(),
        paragraphs: vec!["您好：".to_owned(), "附件是付款计划，请于三月五日前确认。\n谢谢。".to_owned()],
        attachments: Vec::new(),
        day: day(),
    }
}

fn written(draft: &Mail) -> Vec<u8> {
    let bytes = mail(draft).expect("it is written");
    assert!(bytes.is_ascii(), "every server takes it");
    let text = String::from_utf8(bytes.clone()).expect("it is ASCII");
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "lines end with CRLF: {line:?}");
        // One word can't be folded.
        assert!(line.len() <= 78 || line.split(' ').count() == 2, "{line}");
    }
    bytes
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("it is a mail")
}

fn people(address: Option<&Address>) -> Vec<(String, String)> {
    let all = address.into_iter().flat_map(|address| address.iter());
    all.map(|one| (one.name().unwrap_or("").to_owned(), one.address().unwrap_or("").to_owned())).collect()
}

#[test]
fn a_chinese_draft_is_read_back_as_it_was_given() {
    let draft = draft();
    let bytes = written(&draft);
    let message = parsed(&bytes);
    assert_eq!(message.subject(), Some(draft.subject.as_str()));
    let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    assert_eq!(people(message.to()), [pair("李伟", "li.wei@example.com"), pair("", "b@example.com")]);
    assert_eq!(people(message.cc()), [pair("Müller, Jörg \"JM\"", "jm@example.de")]);
    assert_eq!(message.date().map(|date| date.to_rfc3339()), Some("2026-03-01T12:00:00Z".to_owned()));
    assert_eq!(message.header("X-Unsent").and_then(|value| value.as_text()), Some("1"));
    let text = message.body_text(0).expect("it has a text");
    assert_eq!(text, "您好：\r\n\r\n附件是付款计划，请于三月五日前确认。\r\n谢谢。\r\n");
    assert!(message.from().is_none());
    assert_eq!(message.attachment_count(), 0);
}

#[test]
fn attachments_keep_their_names_and_every_byte() {
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let given = [
        ("2026年第三季度供应商付款计划与逾期情况说明（最终版）.xlsx", all),
        ("notes \"final\".txt", b"a\nb\r\nc".to_vec()),
        ("empty.pdf", Vec::new()),
        ("--boundary.bin", b"\r\n--inhouse-\r\n\r\n.\r\nFrom x\r\n".to_vec()),
    ];
    let attachments = given
        .iter()
        .map(|(name, bytes)| Attachment::new(*name, bytes.clone()).expect("it is a name"))
        .collect();
    let bytes = written(&Mail { attachments, ..draft() });
    let message = parsed(&bytes);
    assert_eq!(message.attachment_count(), given.len());
    for (part, (name, content)) in message.attachments().zip(&given) {
        assert_eq!(part.attachment_name(), Some(*name));
        assert!(part.contents() == content.as_slice(), "{name}");
        assert!(matches!(part.body, PartType::Binary(_)), "{name}");
        assert!(!part.is_encoding_problem, "{name}");
    }
    assert!(message.body_text(0).is_some_and(|text| text.starts_with("您好")));
}

#[test]
fn hostile_subjects_are_refused_or_stay_subjects() {
    for subject in [
        "a\r\nBcc: x@example.com",
        "a\nb",
        "a\rb",
        "a\0",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{b}b",
        "=?utf-8?Q?a=0D=0ABcc:_x@example.com?=",
    ] {
        let error = mail(&Mail { subject: subject.to_owned(), ..draft() }).expect_err("it is refused");
        assert!(matches!(&error, WriteError::Data { .. }), "{subject:?}");
        assert!(is_one_line(&error.to_string()), "{error}");
    }
    for subject in [
        "",
        " ",
        "a: b\\ \"c\" <d@e.cn>, ",
        "😀 🇨🇳",
        "\u{202e}abc",
        &"很长的标题".repeat(200),
        &"x".repeat(2000),
    ] {
        let bytes = written(&Mail { subject: subject.to_owned(), ..draft() });
        let message = parsed(&bytes);
        assert_eq!(message.subject().unwrap_or_default(), subject);
        assert_eq!(message.headers().len(), 9, "{subject}");
    }
}

#[test]
fn hostile_names_are_refused_or_stay_names() {
    for name in ["a\r\nBcc: x@example.com", "a\nb", "=?utf-8?B?YQ==?="] {
        assert!(Mailbox::new(name, "a@example.com").is_err(), "{name:?}");
    }
    for name in [
        "a, b",
        "a\" <x@example.com>, \"b",
        "\\",
        "a;b:c",
        "(a)",
        "@",
        "Ａ．",
        &"名".repeat(100),
        &"n".repeat(200),
    ] {
        let bytes = written(&Mail { to: vec![mailbox(name, "a@example.com")], ..draft() });
        assert_eq!(people(parsed(&bytes).to()), [(name.to_owned(), "a@example.com".to_owned())]);
    }
}

#[test]
fn a_body_can_end_nothing_and_hide_nothing() {
    let paragraphs =
        vec!["--inhouse-0\r\nFrom a\n.\n\u{0}\u{7f}".to_owned(), "x".repeat(3000), "end ".to_owned()];
    let attachments = vec![Attachment::new("a.pdf", vec![1]).expect("it is a name")];
    let bytes = written(&Mail { paragraphs, attachments, ..draft() });
    let message = parsed(&bytes);
    let text = message.body_text(0).expect("it has a text");
    let wanted =
        format!("--inhouse-0\r\nFrom a\r\n.\r\n\u{fffd}\u{fffd}\r\n\r\n{}\r\n\r\nend \r\n", "x".repeat(3000));
    assert_eq!(text, wanted);
    assert_eq!(message.attachment_count(), 1);
}

#[test]
fn a_draft_may_have_no_recipient_and_no_text() {
    let bytes = written(&Mail { to: Vec::new(), cc: Vec::new(), paragraphs: Vec::new(), ..draft() });
    let message = parsed(&bytes);
    assert!(message.to().is_none() && message.cc().is_none());
    assert_eq!(message.body_text(0).as_deref(), Some("\r\n"));
}

#[test]
fn many_recipients_are_folded_and_all_there() {
    let to: Vec<_> = (0..500).map(|at| mailbox("采购部", &format!("buyer{at}@example.com"))).collect();
    let bytes = written(&Mail { to, ..draft() });
    assert_eq!(people(parsed(&bytes).to()).len(), 500);
}

#[test]
fn the_same_draft_gives_the_same_bytes_and_another_one_another_id() {
    let attachment = |byte| vec![Attachment::new("a.pdf", vec![byte]).expect("it is a name")];
    let first = Mail { attachments: attachment(1), ..draft() };
    assert_eq!(written(&first), written(&first));
    let id = |draft: &Mail| parsed(&written(draft)).message_id().map(str::to_owned);
    let moved = Mail { to: Vec::new(), cc: [first.to.clone(), first.cc.clone()].concat(), ..first.clone() };
    let others = [
        Mail { attachments: attachment(2), ..first.clone() },
        Mail { day: Day::new(2026, 3, 2).expect("it is a day"), ..first.clone() },
        Mail { subject: String::new(), ..first.clone() },
        moved,
    ];
    assert!(id(&first).is_some_and(|id| id.ends_with("@inhouse.invalid")));
    for other in &others {
        assert_ne!(id(&first), id(other));
    }
}

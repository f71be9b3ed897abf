//! Packages that are damaged, locked, too large, or made to mislead.

use super::*;

fn refused(parts: &[(&str, &[u8])]) -> RedactError {
    redact_bytes(&package(parts), Style::Block).expect_err("it is refused")
}

#[test]
fn what_is_no_document_is_refused() {
    let workbook = "<Types><Override ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>";
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("[Content_Types].xml", SimpleFileOptions::default()).expect("the name is new");
    writer.write_all(workbook.as_bytes()).expect("memory takes it");
    let workbook = writer.finish().expect("memory takes it").into_inner();
    for bytes in [&b""[..], b"PK\x03\x04", b"text", b"\xd0\xcf\x11\xe0 old", &workbook] {
        let error = redact_bytes(bytes, Style::Block).expect_err("it is refused");
        assert!(matches!(error, RedactError::NotDocx { .. }), "{error}");
    }
    let locked = b"\xd0\xcf\x11\xe0E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
    assert_eq!(redact_bytes(locked, Style::Block), Err(RedactError::Encrypted));
}

#[test]
fn a_package_cut_anywhere_is_refused_or_whole() {
    let whole = package(&[("word/document.xml", body(&format!("<w:p>{}</w:p>", run(PHONE))).as_bytes())]);
    for length in 0..whole.len() {
        assert!(redact_bytes(&whole[..length], Style::Block).is_err(), "{length}");
    }
}

#[test]
fn damaged_and_strange_xml_is_refused_with_its_part() {
    for xml in [
        "<w:document>",
        "<w:document></w:body>",
        "<w:document a='1' a='2'/>",
        "<w:document>&unknown;</w:document>",
        "<!DOCTYPE d [<!ENTITY e '13800138000'>]><d>&e;</d>",
        "<?xml version='1.0' encoding='GBK'?><d/>",
        "<d>1 & 2</d>",
        "<d a=1/>",
    ] {
        let error = refused(&[("word/document.xml", xml.as_bytes())]);
        assert!(
            matches!(&error, RedactError::Damaged { part, .. } if part == "word/document.xml"),
            "{xml}: {error}"
        );
    }
    let error = refused(&[("word/document.xml", &[b'<', 0xb0, 0xa1, b'>'])]);
    assert!(matches!(error, RedactError::Damaged { .. }), "{error}");
}

#[test]
fn a_package_that_unpacks_to_too_much_is_refused() {
    let mut bomb = vec![b' '; usize::try_from(package::UNPACKED_BYTES).expect("it fits in memory") + 1];
    bomb[0] = b'<';
    let error = refused(&[("word/document.xml", &bomb)]);
    assert!(matches!(error, RedactError::TooLarge { .. }), "{error}");
}

#[test]
fn a_package_of_too_many_parts_is_refused() {
    let names: Vec<String> = (0..package::ENTRIES).map(|at| format!("word/{at}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"<a/>"[..])).collect();
    assert!(matches!(refused(&parts), RedactError::TooLarge { .. }));
}

#[test]
fn two_parts_that_differ_in_case_are_refused() {
    let document = body("");
    let error =
        refused(&[("word/document.xml", document.as_bytes()), ("word/Document.xml", document.as_bytes())]);
    assert!(matches!(error, RedactError::Damaged { .. }), "{error}");
}

#[test]
fn what_was_found_and_cannot_be_masked_is_refused() {
    let text = body(&format!("<w:p xmlns:a=\"{PHONE}\">{}</w:p>", run(PHONE)));
    let error = refused(&[("word/document.xml", text.as_bytes())]);
    assert!(matches!(error, RedactError::Remains { kind: Kind::Phone, .. }), "{error}");
    let text = body(&format!("<w:p>{}</w:p>", run(PHONE)));
    let name = format!("word/media/{PHONE}.png");
    let error = refused(&[("word/document.xml", text.as_bytes()), (&name, &[1, 2])]);
    assert!(matches!(error, RedactError::Remains { part, .. } if part == name));
}

#[test]
fn the_document_itself_is_not_dropped_as_a_picture() {
    let rels = r#"<Relationships><Relationship Id="b" Type="http://x/thumbnail" Target="word/document.xml"/></Relationships>"#;
    let text = body(&format!("<w:p>{}</w:p>", run(PHONE)));
    let redacted = redact(&[("_rels/.rels", rels), ("word/document.xml", &text)], Style::Block);
    assert_eq!(shown(&redacted, "word/document.xml"), "███████████");
}

#[test]
fn text_under_another_name_or_without_a_paragraph_is_masked() {
    let text = body(&format!("<w:p>{}</w:p>", run(PHONE)));
    let redacted = redact(
        &[("word/document.xml", &body(&run(PHONE))), ("word/story.bin", &text), ("word/deep.xml", &deep())],
        Style::Block,
    );
    assert_gone(&redacted, &[PHONE]);
    assert_eq!(shown(&redacted, "word/deep.xml"), "███████████");
}

/// A paragraph in very many others.
fn deep() -> String {
    let depth = 20_000;
    body(&("<w:p>".repeat(depth) + &run(PHONE) + &"</w:p>".repeat(depth)))
}

#[test]
fn ranges_that_lead_outside_are_masked_as_far_as_there_is_text() {
    let text = body(&format!("<w:p>{}{}</w:p>", run("张"), run("三")));
    let bytes = package(&[("word/document.xml", text.as_bytes())]);
    let mut wild = |_: &str| {
        [(1, 2), (4, 99), (50, 60)]
            .map(|(start, end)| Finding { kind: Kind::Name, range: start..end, certain: true })
            .to_vec()
    };
    let redacted = redact_docx(&bytes, &mut wild, Style::Block).expect("it is a document");
    assert_eq!(shown(&redacted, "word/document.xml"), "██");
}

#[test]
fn comments_of_the_package_and_of_its_texts_are_left_behind() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment(PHONE).expect("it is short");
    let options = SimpleFileOptions::default().into_full_options().with_file_comment(PHONE);
    for (name, text) in [("[Content_Types].xml", TYPES.to_owned()), ("word/document.xml", body(""))] {
        writer.start_file(name, options.clone()).expect("the name is new");
        writer.write_all(text.as_bytes()).expect("memory takes it");
    }
    let bytes = writer.finish().expect("memory takes it").into_inner();
    let contains = |bytes: &[u8]| bytes.windows(PHONE.len()).any(|window| window == PHONE.as_bytes());
    assert!(contains(&bytes));
    assert!(!contains(&redact_bytes(&bytes, Style::Block).expect("it is a document").bytes));
}

#[test]
fn documents_with_a_few_wrong_bytes_are_refused_or_have_nothing_left() {
    let text = body(&format!(
        "<w:p w:a=\"{MAIL}\">{}<w:del><w:r><w:delText>{PHONE}</w:delText></w:r></w:del>{}<w:r><w:br/></w:r></w:p>",
        run("张三 110101"),
        run("199003074573 &amp; <![CDATA[x]]>")
    ));
    let mut random = fastrand::Rng::with_seed(7);
    let mut passed = 0;
    for _ in 0..3000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            match random.u8(..3) {
                0 => bytes[at] = *random.choice(b"<>/&;\"'= \xe5w!").expect("there are some"),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[random.usize(..at + 1)]),
            }
        }
        if let Ok(redacted) = redact_bytes(&package(&[("word/document.xml", &bytes)]), Style::Block) {
            assert_gone(&redacted, &[]);
            passed += 1;
        }
    }
    assert!(passed > 100, "{passed}");
}

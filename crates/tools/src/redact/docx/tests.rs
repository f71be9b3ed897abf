//! Documents as Word writes them, and as nobody should.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::*;
use crate::redact::find;

mod hostile;
mod parts;

const ID: &str = "110101199003074573";
const PHONE: &str = "13800138000";
const MAIL: &str = "zhang.san@example.com";

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/docProps/thumbnail.jpeg" ContentType="image/jpeg"/></Types>"#;

/// A package of these parts, with content types.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in [("[Content_Types].xml", TYPES.as_bytes())].iter().chain(parts) {
        writer.start_file(*name, options).expect("the name is new");
        writer.write_all(bytes).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}

/// A part of WordprocessingML around some elements.
fn word(root: &str, inner: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:{root} xmlns:w="w" xmlns:mc="mc" xmlns:wp="wp" xmlns:r="r">{inner}</w:{root}>"#
    )
}

fn body(inner: &str) -> String {
    word("document", &format!("<w:body>{inner}</w:body>"))
}

fn run(text: &str) -> String {
    format!("<w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}

fn redact(parts: &[(&str, &str)], style: Style) -> Redacted {
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    redact_bytes(&package(&parts), style).expect("it is a document")
}

fn redact_bytes(bytes: &[u8], style: Style) -> Result<Redacted, RedactError> {
    let names = ["张三".to_owned(), "John Smith".to_owned()];
    redact_docx(bytes, &mut |text| find(text, &names), style)
}

fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("it is a package");
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).expect("it has as many parts");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("it was packed");
            (entry.name().expect("it has a name").into_owned(), bytes)
        })
        .collect()
}

fn part(redacted: &Redacted, name: &str) -> String {
    let found = parts(&redacted.bytes).into_iter().find(|(other, _)| other == name);
    String::from_utf8(found.expect("the part is there").1).expect("it is text")
}

/// What a reader sees of a part: its text without tags.
fn shown(redacted: &Redacted, name: &str) -> String {
    let xml = part(redacted, name);
    xml.split('<').filter_map(|piece| Some(piece.split_once('>')?.1)).collect()
}

fn assert_gone(redacted: &Redacted, originals: &[&str]) {
    for (name, bytes) in parts(&redacted.bytes) {
        let text = String::from_utf8_lossy(&bytes);
        let found = redacted.found.iter().map(|found| found.text.as_str());
        for original in found.chain(originals.iter().copied()) {
            assert!(!text.contains(original), "{original} is left in {name}: {text}");
        }
    }
}

#[test]
fn a_number_split_over_runs_is_masked_across_them() {
    let text =
        body(&format!("<w:p>{}{}{}</w:p>", run("身份证：110101"), run("1990"), run("03074573，电话见下")));
    for (style, expected) in [
        (Style::Block, "身份证：██████████████████，电话见下"),
        (Style::Label, "身份证：[身份证号]，电话见下"),
        (Style::Partial, "身份证：110101********4573，电话见下"),
    ] {
        let redacted = redact(&[("word/document.xml", &text)], style);
        assert_eq!(shown(&redacted, "word/document.xml"), expected);
        let found =
            Found { part: "word/document.xml".to_owned(), kind: Kind::NationalId, text: ID.to_owned() };
        assert_eq!(redacted.found, [found]);
        assert_eq!(part(&redacted, "word/document.xml").matches("<w:b/>").count(), 3);
        assert_gone(&redacted, &[ID]);
    }
}

#[test]
fn what_is_not_found_stays_byte_for_byte() {
    let text =
        body(&format!("<w:p w:rsidR='00A1'>{}<!--?--></w:p>\n<w:p>{}</w:p>", run("甲 &amp; 乙"), run(PHONE)));
    let picture = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];
    let styles = word("styles", "<w:style w:styleId=\"a\"/>");
    let bytes = package(&[
        ("word/document.xml", text.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
        ("word/media/image1.jpeg", &picture),
    ]);
    let redacted = redact_bytes(&bytes, Style::Block).expect("it is a document");
    assert_eq!(
        part(&redacted, "word/document.xml"),
        text.replace(PHONE, "███████████").replace("<!--?-->", "")
    );
    assert_eq!(part(&redacted, "word/styles.xml"), styles);
    assert!(parts(&redacted.bytes).contains(&("word/media/image1.jpeg".to_owned(), picture.to_vec())));
    assert_eq!(redacted.not_checked, ["word/media/image1.jpeg"]);
}

#[test]
fn all_stories_of_a_document_are_masked() {
    let paragraph = format!("<w:p>{}{}</w:p>", run("138"), run("00138000 张三"));
    let names = ["document", "header1", "footer2", "footnotes", "endnotes", "comments"];
    let stories: Vec<(String, String)> =
        names.iter().map(|name| (format!("word/{name}.xml"), word(name, &paragraph))).collect();
    let stories: Vec<(&str, &str)> =
        stories.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let redacted = redact(&stories, Style::Block);
    assert_eq!(redacted.found.len(), 12);
    assert_gone(&redacted, &[PHONE, "张三"]);
}

#[test]
fn both_readings_of_tracked_changes_are_masked() {
    let text = body(&format!(
        "<w:p>{}<w:del w:author=\"张三\"><w:r><w:delText>8000</w:delText></w:r></w:del><w:ins w:author=\"李四\">{}</w:ins></w:p>\
         <w:p><w:moveFrom w:author=\"李四\">{}</w:moveFrom></w:p>",
        run("电话 1380013"),
        run("9000"),
        run(MAIL)
    ));
    let redacted = redact(&[("word/document.xml", &text)], Style::Block);
    let found: Vec<&str> = redacted.found.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(found, ["13800139000", PHONE, MAIL]);
    assert_eq!(
        shown(&redacted, "word/document.xml"),
        format!("电话 {}{}", "█".repeat(15), "█".repeat(MAIL.len()))
    );
    assert_gone(&redacted, &["李四", "张三", "1380013"]);
}

#[test]
fn text_boxes_are_masked_in_both_alternatives() {
    let inner = format!("<w:txbxContent><w:p>{}{}</w:p></w:txbxContent>", run("张"), run("三"));
    let text = body(&format!(
        "<w:p>{}<mc:AlternateContent><mc:Choice><w:drawing><wp:docPr descr=\"{MAIL}\" title=\"张三\" name=\"张三.jpg\"/>{inner}</w:drawing></mc:Choice>\
         <mc:Fallback><w:pict>{inner}</w:pict></mc:Fallback></mc:AlternateContent>{}</w:p>",
        run("138001"),
        run("38000")
    ));
    let redacted = redact(&[("word/document.xml", &text)], Style::Block);
    assert_eq!(shown(&redacted, "word/document.xml"), "██████".to_owned() + "████" + "█████");
    assert_gone(&redacted, &["张", PHONE, MAIL]);
}

#[test]
fn alternatives_within_a_run_and_readings_above_characters_are_read_apart() {
    let text = body(&format!(
        "<w:p>{}<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:p>\
         <w:p><w:ruby><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby><w:ruby><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:p>",
        run("1380013"),
        run("8000"),
        run("8001"),
        run("zhāng"),
        run("张"),
        run("sān"),
        run("三")
    ));
    let redacted = redact(&[("word/document.xml", &text)], Style::Block);
    let found: Vec<&str> = redacted.found.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(found, [PHONE, "13800138001", "张三"]);
}

#[test]
fn links_and_codes_of_fields_are_masked() {
    let text = body(&format!(
        "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> HYPERLINK \"mailto:zhang.</w:instrText></w:r>\
         <w:r><w:instrText>san@example.com\" </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}</w:p>\
         <w:p><w:fldSimple w:instr=\" HYPERLINK tel:{PHONE} \">{}</w:fldSimple><w:hyperlink w:tooltip=\"{MAIL}\" r:id=\"rId1\"/></w:p>",
        run("写信"),
        run("致电")
    ));
    let rels = r#"<Relationships xmlns="rels"><Relationship Id="rId1" Type="http://x/hyperlink" Target="mailto:zhang.san%40example.com?subject=x" TargetMode="External"/><Relationship Id="rId2" Type="http://x/hyperlink" Target="tel:+8613800138000" TargetMode="External"/><Relationship Id="rId3" Type="http://x/hyperlink" Target="https://example.com/" TargetMode="External"/><Relationship Id="rId4" Type="http://x/attachedTemplate" Target="file:///D:/zhangsan/a.dotx" TargetMode="External"/></Relationships>"#;
    let redacted =
        redact(&[("word/document.xml", &text), ("word/_rels/document.xml.rels", rels)], Style::Block);
    assert_gone(&redacted, &[MAIL, PHONE, "zhang.san", "zhangsan"]);
    let rels = part(&redacted, "word/_rels/document.xml.rels");
    assert_eq!(rels.matches("about:blank").count(), 2);
    assert!(rels.contains("\"https://example.com/\""));
    assert_eq!(shown(&redacted, "word/document.xml").matches("写信").count(), 1);
}

#[test]
fn names_in_letters_leave_words_of_markup_alone() {
    let text =
        body(&format!("<w:p><w:pPr><w:pStyle w:val=\"Title\"/></w:pPr>{}</w:p>", run("Dear Title, Titles")));
    let bytes = package(&[("word/document.xml", text.as_bytes())]);
    let redacted = redact_docx(&bytes, &mut |text| find(text, &["Title".to_owned()]), Style::Block);
    let redacted = redacted.expect("it is a document");
    assert_eq!(part(&redacted, "word/document.xml"), text.replace("Dear Title", "Dear █████"));
}

#[test]
fn marks_tabs_and_breaks_between_characters_stay() {
    let text = body(
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>138</w:t><w:noBreakHyphen/><w:t>0013</w:t><w:softHyphen/><w:t>-8000</w:t><w:tab/><w:t>John</w:t><w:br/><w:t>Smith</w:t></w:r></w:p>",
    );
    let redacted = redact(&[("word/document.xml", &text)], Style::Partial);
    assert_eq!(shown(&redacted, "word/document.xml"), "138****-8000J***S****");
    let labelled = redact(&[("word/document.xml", &text)], Style::Label);
    assert_eq!(shown(&labelled, "word/document.xml"), "[phone][name]");
}

#[test]
fn text_in_other_encodings_is_read_and_written_as_utf_8() {
    let text = body(&format!("<w:p>{}</w:p>", run("张三"))).replace("UTF-8", "UTF-16");
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let redacted =
        redact_bytes(&package(&[("word/document.xml", &wide)]), Style::Block).expect("it is a document");
    assert_eq!(part(&redacted, "word/document.xml"), text.replace("UTF-16", "UTF-8").replace("张三", "██"));
}

//! What `docx` promises, tested.

use std::fs::File;
use std::io::{Seek, Write};

use inhouse_agent::passage::Page;
use inhouse_agent::read::FailureCode;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::kind::{Kind, OLE_MAGIC};
use crate::office;

const WORD: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math""#;

const KINDS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A package with the given body and further parts of the folder `word`, each tied to the document.
fn package(body: &str, parts: &[(&str, &str)]) -> File {
    let relationship = |id: usize, name: &str| {
        let kind = name.trim_end_matches(".xml").trim_end_matches(|c: char| c.is_ascii_digit());
        format!(r#"<Relationship Id="r{id}" Type="{KINDS}/{kind}" Target="{name}"/>"#)
    };
    let related: String = parts.iter().enumerate().map(|(id, (name, _))| relationship(id, name)).collect();
    let mut entries = vec![
        (
            "_rels/.rels".to_owned(),
            format!(
                r#"<Relationships><Relationship Id="r" Type="{KINDS}/officeDocument" Target="word/document.xml"/></Relationships>"#
            ),
        ),
        ("word/_rels/document.xml.rels".to_owned(), format!("<Relationships>{related}</Relationships>")),
        ("word/document.xml".to_owned(), format!("<w:document {WORD}><w:body>{body}</w:body></w:document>")),
    ];
    entries.extend(parts.iter().map(|(name, xml)| (format!("word/{name}"), (*xml).to_owned())));
    zipped(&entries)
}

fn zipped(entries: &[(String, String)]) -> File {
    let mut zip = ZipWriter::new(tempfile::tempfile().expect("a temporary file"));
    for (name, content) in entries {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).expect("an entry begins");
        zip.write_all(content.as_bytes()).expect("an entry is written");
    }
    let mut file = zip.finish().expect("the package is finished");
    file.rewind().expect("it can be read from its start");
    file
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("it is written");
    file.rewind().expect("it can be read from its start");
    file
}

fn pages_of(file: File) -> Result<Vec<Page>, ReadFailure> {
    let mut pages = Vec::new();
    office::read(file, Kind::Docx, 1 << 20, &mut |page| {
        pages.push(page);
        Ok(())
    })?;
    Ok(pages)
}

fn pages(body: &str, parts: &[(&str, &str)]) -> Vec<Page> {
    pages_of(package(body, parts)).expect("it is a Word document")
}

fn text(body: &str) -> String {
    texts(&pages(body, &[])).join("\u{c}")
}

fn texts(pages: &[Page]) -> Vec<String> {
    pages.iter().map(|page| page.text.clone()).collect()
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn headings(pages: &[Page]) -> Vec<(u8, &str)> {
    let of = |page: &'static Page| {
        page.headings.iter().map(|h| (h.level, h.range.of(&page.text).expect("it stands on its page")))
    };
    let leaked: &'static [Page] = Vec::leak(pages.to_vec());
    leaked.iter().flat_map(of).collect()
}

#[test]
fn paragraphs_stand_apart_and_runs_together() {
    let body = r#"<w:p><w:r><w:t>Research &amp; travel</w:t></w:r><w:r><w:t xml:space="preserve"> costs &amp; rules</w:t></w:r></w:p><w:p/><w:p><w:r><w:t>A&#x4E00;</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>"#;
    assert_eq!(text(body), "Research & travel costs & rules\n\nA一\tb\nc");
}

#[test]
fn tracked_insertions_are_in_and_deletions_and_hidden_text_are_out() {
    let body = r#"<w:p><w:r><w:t>Limit </w:t></w:r><w:del><w:r><w:delText>80</w:delText><w:t>80</w:t></w:r></w:del><w:ins><w:r><w:t xml:space="preserve"> 120</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t xml:space="preserve"> EUR</w:t></w:r></w:p>"#;
    assert_eq!(text(body), "Limit 120 EUR");
}

#[test]
fn headings_are_found_by_built_in_name_outline_level_and_parent_style() {
    let styles = format!(
        r#"<w:styles {WORD}><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="Heading 2"/></w:style><w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="1"/></w:style><w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style></w:styles>"#
    );
    let styled = |style: &str, text: &str| {
        format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#)
    };
    let outlined = r#"<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr><w:r><w:t>三级</w:t></w:r></w:p>"#;
    let body = [
        styled("T", "Policy"),
        styled("1", "总则"),
        paragraph("body"),
        styled("berschrift2", "Two"),
        styled("Mine", "Mine"),
        outlined.to_owned(),
    ]
    .concat();
    let pages = pages(&body, &[("styles.xml", &styles)]);
    assert_eq!(headings(&pages), [(1, "Policy"), (1, "总则"), (2, "Two"), (1, "Mine"), (3, "三级")]);
}

#[test]
fn a_table_gives_a_line_for_each_row() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", paragraph(text));
    let merged = "<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>";
    let nested = format!("<w:tc><w:tbl><w:tr>{}{}</w:tr></w:tbl><w:p/></w:tc>", cell("x"), cell("y"));
    let two = format!("<w:tc>{}{}</w:tc>", paragraph("one"), paragraph("two"));
    let body = format!(
        "{}<w:tbl><w:tr>{}{}</w:tr><w:tr>{merged}{two}</w:tr><w:tr>{nested}{}</w:tr></w:tbl>{}",
        paragraph("before"),
        cell("City"),
        cell("Limit"),
        cell("z"),
        paragraph("after")
    );
    assert_eq!(text(&body), "before\n\nCity | Limit\n | one two\nx | y | z\n\nafter");
}

#[test]
fn a_row_of_one_cell_only_frames_its_paragraphs() {
    let body = format!("<w:tbl><w:tr><w:tc>{}{}</w:tc></w:tr></w:tbl>", paragraph("one"), paragraph("two"));
    assert_eq!(text(&body), "one\n\ntwo");
}

#[test]
fn check_boxes_of_forms_show_their_state() {
    let field = |state: &str| {
        format!(
            r#"<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox>{state}</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>"#
        )
    };
    let body = format!(
        "<w:p>{}<w:r><w:t>yes</w:t></w:r></w:p><w:p>{}<w:r><w:t>no</w:t></w:r></w:p>",
        field(r#"<w:default w:val="0"/><w:checked/>"#),
        field(r#"<w:default w:val="0"/>"#)
    );
    assert_eq!(text(&body), "☑ yes\n\n☐ no");
}

#[test]
fn lists_carry_the_numbers_that_word_shows() {
    let numbering = format!(
        r#"<w:numbering {WORD}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="chineseCountingThousand"/><w:suff w:val="nothing"/><w:lvlText w:val="第%1条　"/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num><w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num></w:numbering>"#
    );
    let item = |list: u32, level: u32, text: &str| {
        format!(
            r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
        )
    };
    let body = [
        item(1, 0, "a"),
        item(1, 1, "b"),
        item(1, 1, "c"),
        item(1, 0, "d"),
        item(1, 1, "e"),
        item(2, 0, "总则"),
        item(3, 0, "bullet"),
        item(4, 0, "seven"),
        item(0, 0, "plain"),
    ]
    .concat();
    let pages = pages(&body, &[("numbering.xml", &numbering)]);
    assert_eq!(
        pages[0].text,
        "1. a\n1.a) b\n1.b) c\n2. d\n2.a) e\n第一条　总则\n• bullet\n7. seven\n\nplain"
    );
}

#[test]
fn numbered_headings_include_their_number() {
    let styles = format!(
        r#"<w:styles {WORD}><w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>"#
    );
    let numbering = format!(
        r#"<w:numbering {WORD}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1"/><w:pStyle w:val="H"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"#
    );
    let heading = |text: &str| {
        format!(r#"<w:p><w:pPr><w:pStyle w:val="H"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#)
    };
    let body = format!("{}{}", heading("One"), heading("Two"));
    let pages = pages(&body, &[("styles.xml", &styles), ("numbering.xml", &numbering)]);
    assert_eq!(headings(&pages), [(1, "I One"), (1, "II Two")]);
}

#[test]
fn a_text_box_is_read_once_behind_its_paragraph() {
    let content = format!("<w:txbxContent>{}</w:txbxContent>", paragraph("boxed"));
    let body = format!(
        "<w:p><w:r><w:t>host</w:t><mc:AlternateContent><mc:Choice Requires=\"wps\">{content}</mc:Choice><mc:Fallback>{content}</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>ess</w:t></w:r></w:p>"
    );
    assert_eq!(text(&body), "hostess\n\nboxed");
    let only_fallback = format!(
        "<w:p><w:r><mc:AlternateContent><mc:Fallback>{content}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    );
    assert_eq!(text(&only_fallback), "boxed");
}

#[test]
fn pages_are_those_that_word_laid_out() {
    let body = format!(
        r#"{}<w:p><w:r><w:br w:type="page"/></w:r></w:p><w:p><w:r><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p><w:p><w:r><w:t>three begins </w:t></w:r><w:r><w:lastRenderedPageBreak/><w:t xml:space="preserve">on page three</w:t></w:r></w:p><w:p><w:pPr><w:pageBreakBefore/></w:pPr><w:r><w:t>four</w:t></w:r></w:p>"#,
        paragraph("one")
    );
    assert_eq!(text(&body), "one\u{c}two\n\nthree begins\u{c}on page three\u{c}four");
}

#[test]
fn a_page_break_within_a_text_element_does_no_harm() {
    let body = r#"<w:p><w:r><w:t>long text<w:br w:type="page"/>b </w:t></w:r></w:p>"#;
    assert_eq!(text(body), "long text\u{c}b");
}

#[test]
fn a_row_that_a_page_break_cuts_stays_whole() {
    let cell = |inner: &str| format!("<w:tc><w:p><w:r>{inner}</w:r></w:p></w:tc>");
    let body = format!(
        "<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr></w:tbl>",
        cell("<w:t>a</w:t>"),
        cell("<w:t>b</w:t><w:lastRenderedPageBreak/><w:t>c</w:t>"),
        cell("<w:t>d</w:t>"),
        cell("<w:t>e</w:t>"),
        cell("<w:lastRenderedPageBreak/><w:t>f</w:t>"),
        cell("<w:t>g</w:t>"),
    );
    assert_eq!(text(&body), "a | bc\u{c}d | e\u{c}f | g");
}

#[test]
fn without_rendered_pages_long_text_is_cut_into_sections() {
    let body = (0..40).map(|_| paragraph(&"word ".repeat(80))).collect::<String>();
    let pages = pages(&body, &[]);
    assert!(pages.len() > 3);
    assert!(pages.iter().all(|page| page.text.chars().count() <= 4000));
    assert_eq!(
        pages.iter().map(|page| page.number).collect::<Vec<_>>(),
        (1..=pages.len() as u32).collect::<Vec<_>>()
    );
}

#[test]
fn footnotes_stand_on_their_page_and_margins_at_the_end_once() {
    let note = |id: u32, kind: &str, text: &str| {
        format!(r#"<w:footnote w:id="{id}" w:type="{kind}">{}</w:footnote>"#, paragraph(text))
    };
    let footnotes = format!(
        "<w:footnotes {WORD}>{}{}{}</w:footnotes>",
        note(0, "separator", "line"),
        note(2, "normal", "With breakfast."),
        note(3, "normal", "Second.")
    );
    let header = format!("<w:hdr {WORD}>{}</w:hdr>", paragraph("ACME-7 internal"));
    let number = r#"<w:p><w:r><w:t xml:space="preserve">Page </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>3</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>"#;
    let footer = format!("<w:ftr {WORD}>{number}</w:ftr>");
    let referring = |id: u32, text: &str| {
        format!(r#"<w:p><w:r><w:t>{text}</w:t></w:r><w:r><w:footnoteReference w:id="{id}"/></w:r></w:p>"#)
    };
    let body = format!(
        "{}<w:p><w:r><w:lastRenderedPageBreak/></w:r></w:p>{}",
        referring(3, "First page"),
        referring(2, "Hotel")
    );
    let parts = [
        ("footnotes.xml", footnotes.as_str()),
        ("header1.xml", &header),
        ("header2.xml", &header),
        ("footer1.xml", &footer),
    ];
    assert_eq!(
        texts(&pages(&body, &parts)),
        ["First page¹\n\n¹ Second.", "Hotel²\n\n² With breakfast.\n\nACME-7 internal"]
    );
}

#[test]
fn results_of_fields_are_text_and_instructions_are_not() {
    let body = r#"<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "http://x"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>link</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:fldSimple w:instr="DATE"><w:r><w:t xml:space="preserve"> today</w:t></w:r></w:fldSimple></w:p>"#;
    assert_eq!(text(body), "link today");
}

#[test]
fn what_is_no_word_document_is_told_apart() {
    let code = |file: File, named: Kind| {
        office::read(file, named, 1 << 20, &mut |_| Ok(())).expect_err("there is nothing to read").code
    };
    let zip = || zipped(&[("a.txt".to_owned(), "hello".to_owned())]);
    assert_eq!(code(zip(), Kind::Docx), FailureCode::Broken);
    assert_eq!(code(zip(), Kind::Container), FailureCode::Unsupported);
    assert_eq!(code(package("", &[]), Kind::Docx), FailureCode::Empty);
    assert_eq!(code(file_of(b"PK\x03\x04 and no more"), Kind::Docx), FailureCode::Broken);
    assert_eq!(code(package("<w:p><w:r><w:t>cut", &[]), Kind::Docx), FailureCode::Broken);

    let mut ole = OLE_MAGIC.to_vec();
    ole.resize(1024, 0);
    assert_eq!(code(file_of(&ole), Kind::Docx), FailureCode::Unsupported);
    ole.extend("EncryptedPackage\0".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(code(file_of(&ole), Kind::Docx), FailureCode::Encrypted);
}

#[test]
fn entities_are_not_expanded() {
    let document = format!(
        r#"<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document {WORD}><w:body>{}</w:body></w:document>"#,
        paragraph("&b;")
    );
    let file = zipped(&[("word/document.xml".to_owned(), document)]);
    assert_eq!(pages_of(file).expect_err("it has entities").code, FailureCode::Broken);
}

#[test]
fn text_beyond_the_limit_is_too_large() {
    let file = package(&paragraph("word ").repeat(1000), &[]);
    let failure = office::read(file, Kind::Docx, 1000, &mut |_| Ok(())).expect_err("it is over the limit");
    assert_eq!(failure.code, FailureCode::TooLarge);
}

//! What filling a template promises, tested on templates that are built here.

use super::super::super::unpacked::{assert_well_formed, names, packed, part};
use super::super::values::List;
use super::*;

const WORD: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml""#;
const TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
const DOCUMENT: &str = "word/document.xml";

/// A package with a document of this body and further parts of these types in the folder `word`.
fn template_with(body: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut types = format!(r#"<Override PartName="/{DOCUMENT}" ContentType="{TYPE}.document.main+xml"/>"#);
    for (name, kind, _) in parts {
        types.push_str(&format!(r#"<Override PartName="/word/{name}" ContentType="{TYPE}.{kind}+xml"/>"#));
    }
    let types = format!(
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>{types}</Types>"#
    );
    let document = format!("<w:document {WORD}><w:body>{body}<w:sectPr/></w:body></w:document>");
    let named: Vec<String> = parts.iter().map(|(name, ..)| format!("word/{name}")).collect();
    let mut entries = vec![("[Content_Types].xml", types.as_str()), ("_rels/.rels", "<Relationships/>")];
    entries.push((DOCUMENT, &document));
    entries.extend(named.iter().map(String::as_str).zip(parts.iter().map(|(_, _, xml)| *xml)));
    entries.push(("word/media/image1.png", "\u{1}no picture"));
    packed(&entries)
}

fn template(body: &str) -> Vec<u8> {
    template_with(body, &[])
}

fn values(fields: &[(&str, &str)]) -> Values {
    let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Values { fields, ..Values::default() }
}

fn with_list(mut values: Values, name: &str, columns: &[&str], rows: &[&[&str]]) -> Values {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let list = List::new(owned(columns), rows.iter().map(|row| owned(row)).collect());
    values.lists.insert(name.to_owned(), list.expect("it is a list"));
    values
}

/// What the body becomes.
fn filled(body: &str, values: &Values) -> String {
    let document = part(&fill_docx(&template(body), values).expect("it is filled"), DOCUMENT);
    assert_well_formed(&document);
    let (_, rest) = document.split_once("<w:body>").expect("it has a body");
    rest.split_once("<w:sectPr/></w:body>").expect("its section is there").0.to_owned()
}

fn refused(template: &[u8]) -> WriteError {
    fill_docx(template, &Values::default()).expect_err("it can't be filled")
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn cell(text: &str) -> String {
    format!("<w:tc>{}</w:tc>", paragraph(text))
}

/// The text that is left when all tags are taken away.
fn text_of(xml: &str) -> String {
    xml.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
}

#[test]
fn a_placeholder_is_filled_in_its_place() {
    let body = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>甲方：{{ 甲方 }}，乙方</w:t></w:r></w:p>";
    assert_eq!(
        filled(body, &values(&[("甲方", "北京某某公司")])),
        r#"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">甲方：北京某某公司，乙方</w:t></w:r></w:p>"#
    );
}

#[test]
fn a_placeholder_in_pieces_has_the_format_of_its_beginning() {
    let body = concat!(
        r#"<w:p><w:r><w:t xml:space="preserve">共 {</w:t></w:r><w:proofErr w:type="spellStart"/>"#,
        "<w:r><w:rPr><w:b/></w:rPr><w:t>{na</w:t><w:lastRenderedPageBreak/></w:r>",
        "<w:r><w:t>me</w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t>}} 元{{b}}</w:t></w:r><w:r><w:t>尾</w:t></w:r></w:p>",
    );
    assert_eq!(
        filled(body, &values(&[("name", "12"), ("b", "")])),
        concat!(
            r#"<w:p><w:r><w:t xml:space="preserve">共 12</w:t></w:r><w:proofErr w:type="spellStart"/>"#,
            "<w:r><w:rPr><w:b/></w:rPr><w:lastRenderedPageBreak/></w:r>",
            r#"<w:r></w:r><w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve"> 元</w:t></w:r>"#,
            "<w:r><w:t>尾</w:t></w:r></w:p>",
        )
    );
}

#[test]
fn values_are_data() {
    let hostile = "<w:p/>&amp;]]>{{b}}{{\"'\u{0}\u{1b}";
    let body = filled(&paragraph("{{a}}{{b}}"), &values(&[("a", hostile), ("b", "{{a}}")]));
    assert_eq!(
        body,
        "<w:p><w:r><w:t xml:space=\"preserve\">&lt;w:p/&gt;&amp;amp;]]&gt;{{b}}{{\"'\u{fffd}\u{fffd}{{a}}</w:t></w:r></w:p>"
    );
}

#[test]
fn lines_and_tabs_of_a_value_are_breaks_and_tabs() {
    let body = filled(&paragraph("{{a}}"), &values(&[("a", "一\r\n二\n\n\t三")]));
    assert_eq!(
        body,
        concat!(
            r#"<w:p><w:r><w:t xml:space="preserve">一</w:t><w:br/><w:t xml:space="preserve">二</w:t>"#,
            r#"<w:br/><w:br/><w:tab/><w:t xml:space="preserve">三</w:t></w:r></w:p>"#,
        )
    );
}

#[test]
fn a_row_is_repeated_for_each_row_of_its_list() {
    let row = format!(
        r#"<w:tr w14:paraId="1A"><w:bookmarkStart w:id="1" w:name="m"/>{}{}</w:tr>"#,
        cell("{{项目.名称}}"),
        cell("{{项目.金额}} {{币种}}")
    );
    let body = format!("<w:tbl><w:tr>{}{}</w:tr>{row}</w:tbl><w:p/>", cell("名称"), cell("金额"));
    let given = values(&[("币种", "元")]);
    let rows: &[&[&str]] = &[&["甲", "1.50"], &["乙", "{{项目.名称}}"], &["丙<", "3"]];
    let given = with_list(given, "项目", &["名称", "金额"], rows);
    let body = filled(&body, &given);
    assert_eq!(body.matches("<w:tr").count(), 4);
    assert_eq!(text_of(&body), "名称金额甲1.50 元乙{{项目.名称}} 元丙&lt;3 元");
    // They may stand only once in a document.
    assert_eq!((body.matches("paraId").count(), body.matches("bookmarkStart").count()), (1, 1));
}

#[test]
fn an_empty_list_leaves_no_row_and_no_table_without_rows() {
    let row = format!("<w:tr>{}</w:tr>", cell("{{a.x}}"));
    let given = with_list(Values::default(), "a", &["x"], &[]);
    let with_heading = format!("<w:tbl><w:tr>{}</w:tr>{row}</w:tbl><w:p/>", cell("X"));
    assert_eq!(filled(&with_heading, &given), format!("<w:tbl><w:tr>{}</w:tr></w:tbl><w:p/>", cell("X")));
    assert_eq!(filled(&format!("<w:tbl>{row}</w:tbl><w:p/>"), &given), "<w:p/>");
}

#[test]
fn a_paragraph_is_repeated_and_stays_where_one_must_be() {
    let body = format!("{}{}{}", paragraph("始"), paragraph("{{a.x}}；"), paragraph("终"));
    let given = with_list(Values::default(), "a", &["x"], &[&["一"], &["二"]]);
    assert_eq!(text_of(&filled(&body, &given)), "始一；二；终");
    let none = with_list(Values::default(), "a", &["x"], &[]);
    assert_eq!(filled(&body, &none), format!("{}{}", paragraph("始"), paragraph("终")));
    // The last paragraph of a section describes its page.
    let properties = r#"<w:pPr><w:jc w:val="left"/><w:sectPr/></w:pPr>"#;
    let section = format!("<w:p>{properties}<w:r><w:t>{{{{a.x}}}}</w:t></w:r></w:p>{}", paragraph("终"));
    assert_eq!(filled(&section, &none), format!("<w:p>{properties}</w:p>{}", paragraph("终")));
    // A part must hold a paragraph.
    let header = format!("<w:hdr {WORD}>{}</w:hdr>", paragraph("{{a.x}}"));
    let template = template_with("<w:p/>", &[("header1.xml", "header", &header)]);
    let document = fill_docx(&template, &none).expect("it is filled");
    assert_eq!(part(&document, "word/header1.xml"), format!("<w:hdr {WORD}><w:p></w:p></w:hdr>"));
}

#[test]
fn a_table_within_a_row_belongs_to_its_own_list() {
    let inner = format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", cell("{{款.号}}"), cell("{{章.题}}"));
    let body = format!("<w:tbl><w:tr><w:tc>{}{inner}<w:p/></w:tc></w:tr></w:tbl>", paragraph("{{章.题}}："));
    let given = with_list(Values::default(), "章", &["题"], &[&["A"], &["B"]]);
    let given = with_list(given, "款", &["号"], &[&["1"], &["2"]]);
    assert_eq!(text_of(&filled(&body, &given)), "A：1A2AB：1B2B");
}

#[test]
fn two_lists_in_a_row_are_refused_with_both_named() {
    let body = format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", cell("{{a.x}}"), cell("{{b.x}}"));
    let given = with_list(Values::default(), "a", &["x"], &[&["1"]]);
    let given = with_list(given, "b", &["x"], &[&["1"]]);
    let error = fill_docx(&template(&body), &given).expect_err("it is unclear").to_string();
    assert_eq!(
        error,
        "word/document.xml: `{{b.x}}`: its row or paragraph belongs to the list `a` already; \
         put each list into a row or a paragraph of its own"
    );
}

#[test]
fn text_boxes_are_filled_and_are_not_the_text_around_them() {
    let text_box = format!("<w:pict><w:txbxContent>{}</w:txbxContent></w:pict>", paragraph("{{b}}"));
    let body = format!(
        "<w:p><w:r><w:t>{{{{a}}}}</w:t></w:r><w:r>{text_box}</w:r><w:r><w:t>{{{{c}}}}</w:t></w:r></w:p>"
    );
    let given = values(&[("a", "1"), ("b", "2"), ("c", "3")]);
    assert_eq!(text_of(&filled(&body, &given)), "123");
}

#[test]
fn headers_footers_and_notes_are_filled_and_all_else_is_copied() {
    let story = |root: &str| format!("<w:{root} {WORD}>{}</w:{root}>", paragraph("{{a}}"));
    let (header, footer, notes, ends) = (story("hdr"), story("ftr"), story("footnotes"), story("endnotes"));
    let untouched = format!("<w:comments {WORD}>{}</w:comments>", paragraph("{{x"));
    let template = template_with(
        &paragraph("无"),
        &[
            ("comments.xml", "comments", &untouched),
            ("header1.xml", "header", &header),
            ("footer1.xml", "footer", &footer),
            ("footnotes.xml", "footnotes", &notes),
            ("endnotes.xml", "endnotes", &ends),
        ],
    );
    let document = fill_docx(&template, &values(&[("a", "值")])).expect("it is filled");
    assert_eq!(names(&document), names(&template));
    for name in names(&template) {
        let (before, after) = (part(&template, &name), part(&document, &name));
        match before.contains("{{a}}") {
            true => assert_eq!(text_of(&after), "值", "{name}"),
            false => assert_eq!(after, before, "{name}"),
        }
    }
}

#[test]
fn what_a_template_wants_is_listed_once_and_the_document_comes_first() {
    let header = format!("<w:hdr {WORD}>{}</w:hdr>", paragraph("{{页眉}}{{b}}"));
    let template = template_with(&paragraph("{{b}}{{list.x}}{{b}}"), &[("header1.xml", "header", &header)]);
    let wanted = placeholders(&template).expect("it is a template");
    let shown: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["{{b}}", "{{list.x}}", "{{页眉}}"]);
}

#[test]
fn all_that_is_not_given_is_named() {
    let given = with_list(values(&[("b", "")]), "list", &["x"], &[]);
    let body = paragraph("{{a}}{{b}}{{list.x}}{{list.y}}{{other.x}}{{a}}");
    let error = fill_docx(&template(&body), &given).expect_err("values are missing");
    assert_eq!(
        error.to_string(),
        "the template wants what is not given: `{{a}}`, `{{list.y}}`, `{{other.x}}`; \
         give it, or take it out of the template"
    );
}

#[test]
fn a_placeholder_with_something_in_it_is_refused_with_its_part() {
    let body = "<w:p><w:r><w:t>{{a</w:t><w:br/><w:t>b}}</w:t></w:r></w:p>";
    let error = refused(&template(body)).to_string();
    assert!(error.starts_with("word/document.xml: `{{a"), "{error}");
    assert!(matches!(refused(&template(&paragraph("{{a"))), WriteError::Placeholder { .. }));
}

#[test]
fn blanks_that_word_does_not_show_stay_unseen() {
    let body = "<w:p><w:r><w:t> a{{x}}\n </w:t></w:r></w:p>";
    assert_eq!(text_of(&filled(body, &values(&[("x", "1")]))), "a1");
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let whole = template(&paragraph("{{a}}"));
    let is_refused = |bytes: &[u8]| matches!(refused(bytes), WriteError::NotDocx { .. });
    for length in [0, 1, 30, whole.len() / 2, whole.len() - 1] {
        assert!(is_refused(&whole[..length]), "{length} bytes");
    }
    assert!(is_refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an old document"));
    assert!(is_refused(&packed(&[("a.txt", "a")])));
    assert!(is_refused(&packed(&[("[Content_Types].xml", "<Types/>"), (DOCUMENT, "<a/>")])));
    let unclosed = template_with("<w:p/>", &[("header1.xml", "header", "<w:hdr>")]);
    assert!(is_refused(&unclosed));
    let types = r#"<Types><Override PartName="/d" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"/></Types>"#;
    let error = refused(&packed(&[("[Content_Types].xml", types), ("d", "<a/>")])).to_string();
    assert_eq!(error, "the template can't be used: it is a .dotx; save it as .docx");
}

#[test]
fn a_part_whose_bytes_are_damaged_is_refused() {
    let mut bytes = template(&paragraph(&"{{a}} 长文本 ".repeat(50)));
    let at = bytes.windows(DOCUMENT.len()).position(|window| window == DOCUMENT.as_bytes());
    let at = at.expect("it names its parts") + DOCUMENT.len() + 20;
    bytes[at] ^= 0xff;
    assert!(matches!(refused(&bytes), WriteError::NotDocx { .. }));
}

#[test]
fn macros_are_refused() {
    let types = r#"<Types><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>"#;
    let parts = [("[Content_Types].xml", types), (DOCUMENT, "<a/>"), ("word/vbaProject.bin", "x")];
    assert!(matches!(refused(&packed(&parts[..2])), WriteError::Macros { .. }));
    let plain = types
        .replace("ms-word.document.macroEnabled", "openxmlformats-officedocument.wordprocessingml.document");
    let parts = [("[Content_Types].xml", plain.as_str()), (DOCUMENT, "<a/>"), ("word/VBAPROJECT.BIN", "x")];
    assert!(matches!(refused(&packed(&parts)), WriteError::Macros { .. }));
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let names: Vec<String> = (0..10_001).map(|number| format!("{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert!(matches!(refused(&packed(&many)), WriteError::TooLarge { .. }));

    let heavy = " ".repeat(90 * 1024 * 1024);
    let header = ("header1.xml", "header", heavy.as_str());
    let bomb = template_with("<w:p/>", &[header, ("header2.xml", "header", &heavy), ("x.xml", "x", &heavy)]);
    assert!(bomb.len() < 1024 * 1024);
    assert!(matches!(refused(&bomb), WriteError::TooLarge { .. }));
}

#[test]
fn the_same_values_give_the_same_bytes() {
    let template = template(&paragraph("{{a}}"));
    let fill = || fill_docx(&template, &values(&[("a", "值")])).expect("it is filled");
    assert_eq!(fill(), fill());
}

#[test]
fn a_document_that_was_written_here_can_be_a_template() {
    use super::super::super::docx::{Block, docx};
    let template = docx(&[Block::Title("{{题目}}".into()), Block::Bullet("{{点.文}}".into())]);
    let given = with_list(values(&[("题目", "报告")]), "点", &["文"], &[&["一"], &["二"]]);
    let document = fill_docx(&template.expect("it is written"), &given).expect("it is filled");
    assert_eq!(part(&document, DOCUMENT).matches(r#"w:val="ListBullet""#).count(), 2);
}

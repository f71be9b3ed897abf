//! Parts beside the text: properties, people, pictures, data.

use super::*;

#[test]
fn who_wrote_it_is_emptied() {
    let core = "<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"d\"><dc:title>致张三</dc:title><dc:creator>李四</dc:creator><cp:lastModifiedBy>王五</cp:lastModifiedBy></cp:coreProperties>";
    let app = "<Properties xmlns=\"p\"><Company>某某公司</Company><Manager>赵六</Manager><Pages>3</Pages></Properties>";
    let custom = "<Properties xmlns=\"c\"><property name=\"客户\"><vt:lpwstr xmlns:vt=\"v\">孙七</vt:lpwstr></property><property/></Properties>";
    let people = "<w15:people xmlns:w15=\"w\"><w15:person w15:author=\"李四\"><w15:presenceInfo w15:userId=\"li@example.com\"/></w15:person></w15:people>";
    let comments =
        word("comments", "<w:comment w:id=\"0\" w:author=\"李四\" w:initials=\"李\"><w:p/></w:comment>");
    let redacted = redact(
        &[
            ("word/document.xml", &body("")),
            ("docProps/core.xml", core),
            ("docProps/app.xml", app),
            ("docProps/custom.xml", custom),
            ("word/people.xml", people),
            ("word/comments.xml", &comments),
        ],
        Style::Block,
    );
    assert_gone(&redacted, &["李", "王五", "某某公司", "赵六", "孙七", "客户", "张三", "li@example.com"]);
    assert_eq!(part(&redacted, "docProps/custom.xml"), "<Properties xmlns=\"c\"></Properties>");
    assert_eq!(part(&redacted, "word/people.xml"), "<w15:people xmlns:w15=\"w\"></w15:people>");
    assert!(part(&redacted, "docProps/app.xml").contains("<Pages>3</Pages>"));
    assert!(part(&redacted, "docProps/core.xml").contains("<dc:title>致██</dc:title>"));
    assert!(part(&redacted, "word/comments.xml").contains("w:author=\"Author\" w:initials=\"A\""));
}

#[test]
fn the_picture_of_the_first_page_is_dropped_with_its_ties() {
    let rels = r#"<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="word/document.xml"/><Relationship Id="b" Type="http://x/metadata/thumbnail" Target="docProps/first.png"/></Relationships>"#;
    let redacted = redact(
        &[
            ("_rels/.rels", rels),
            ("word/document.xml", &body("")),
            ("docProps/thumbnail.jpeg", "\u{1}jpeg"),
            ("docProps/first.png", "\u{1}png"),
        ],
        Style::Block,
    );
    let names: Vec<String> = parts(&redacted.bytes).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]);
    assert!(!part(&redacted, "_rels/.rels").contains("thumbnail"));
    assert!(!part(&redacted, "[Content_Types].xml").contains("thumbnail"));
    assert_eq!(redacted.not_checked, Vec::<String>::new());
}

#[test]
fn parts_that_are_no_text_are_named() {
    let rels = r#"<Relationships><Relationship Id="a" Type="http://x/aFChunk" Target="/word/part.xml"/></Relationships>"#;
    let opaque = [
        "word/media/image1.png",
        "word/embeddings/oleObject1.bin",
        "word/embeddings/sheet.xlsx",
        "word/vbaProject.bin",
        "word/fonts/font1.odttf",
        "word/afchunk.html",
    ];
    let mut all: Vec<(&str, &str)> = opaque.iter().map(|name| (*name, "\u{1}binary")).collect();
    let document = body("");
    all.extend([
        ("word/document.xml", document.as_str()),
        ("word/_rels/document.xml.rels", rels),
        ("word/part.xml", "<not-closed>"),
        ("word/media/image2.svg", "<svg xmlns='s'><text>13800138000</text></svg>"),
        ("_xmlsignatures/sig1.xml", "<Signature/>"),
        ("word/broken.txt", "<p>1 < 2"),
    ]);
    let redacted = redact(&all, Style::Block);
    for name in opaque.iter().chain(&[
        "word/part.xml",
        "word/media/image2.svg",
        "_xmlsignatures/sig1.xml",
        "word/broken.txt",
    ]) {
        assert!(redacted.not_checked.iter().any(|other| other == name), "{name}: {:?}", redacted.not_checked);
    }
    assert!(
        !part(&redacted, "word/media/image2.svg").contains(PHONE),
        "what can be read is masked all the same"
    );
}

#[test]
fn what_was_found_is_taken_out_of_data_and_markup_too() {
    let text = body(&format!(
        "<w:p><w:bookmarkStart w:name=\"b{PHONE}\"/>{}<w:sdt><w:sdtPr><w:tag w:val=\"{ID}\"/></w:sdtPr></w:sdt></w:p>",
        run("电话 138 0013 8000，护照：E12345678")
    ));
    let data =
        "<data note=\"&#49;3800138000\"><number>E12345678</number><x><![CDATA[张三 & 李四]]></x></data>";
    let redacted = redact(&[("word/document.xml", &text), ("customXml/item1.xml", data)], Style::Block);
    assert_gone(&redacted, &[PHONE, ID, "E12345678", "138 0013 8000", "&#49;3800138000"]);
    assert!(part(&redacted, "customXml/item1.xml").contains("<x>██ &amp; 李四</x>"));
}

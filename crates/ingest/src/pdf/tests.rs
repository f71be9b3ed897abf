//! What `pdf` promises, tested.

use super::*;

/// A PDF whose pages draw the given content, in Helvetica as `F1`.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let kids: String = (0..pages.len()).map(|page| format!("{} 0 R ", 4 + 2 * page)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    for (page, content) in pages.iter().enumerate() {
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {} 0 R>>",
            5 + 2 * page
        ));
        objects.push(format!("<</Length {}>>stream\n{content}\nendstream", content.len()));
    }
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let (xref, size) = (bytes.len(), objects.len() + 1);
    let table = format!("xref\n0 {size}\n0000000000 65535 f \n{}", offsets.concat());
    bytes.extend(table.bytes());
    bytes.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n").bytes());
    bytes
}

/// Draws a line of text.
fn line(x: u32, y: u32, size: u32, text: &str) -> String {
    format!("BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n")
}

fn pages_of(bytes: &[u8]) -> Result<Vec<Page>, ReadFailure> {
    let mut pages = Vec::new();
    read(bytes.to_vec(), &mut |page| {
        pages.push(page);
        Ok(())
    })?;
    Ok(pages)
}

fn texts(pages: &[Page]) -> Vec<(u32, &str)> {
    pages.iter().map(|page| (page.number, page.text.as_str())).collect()
}

#[test]
fn every_page_is_given_also_one_without_text() {
    let bytes = pdf(&["", &line(72, 700, 11, "Second"), "0 0 m 10 10 l S", &line(72, 700, 11, "Fourth")]);
    let pages = pages_of(&bytes).expect("it is a PDF");
    assert_eq!(texts(&pages), [(1, ""), (2, "Second"), (3, ""), (4, "Fourth")]);
}

#[test]
fn a_scan_gives_its_pages_empty() {
    let pages = pages_of(&pdf(&["0 0 m 10 10 l S", ""])).expect("it is a PDF");
    assert_eq!(texts(&pages), [(1, ""), (2, "")]);
}

#[test]
fn headings_paragraphs_and_rows_are_kept() {
    let content = [
        line(72, 780, 18, "Travel policy"),
        line(72, 750, 11, "Hotels are booked by the travel desk, and paid by the company"),
        line(72, 736, 11, "up to the limit of the city."),
        line(72, 700, 11, "City"),
        line(250, 700, 11, "Limit"),
        line(72, 686, 11, "Cork"),
        line(250, 686, 11, "EUR 140"),
    ]
    .concat();
    let pages = pages_of(&pdf(&[&content])).expect("it is a PDF");
    assert_eq!(
        pages[0].text,
        "Travel policy\n\nHotels are booked by the travel desk, and paid by the company\nup to the limit of the city.\n\nCity\tLimit\nCork\tEUR 140"
    );
    let headings: Vec<_> = pages[0].headings.iter().map(|h| (h.level, h.range.of(&pages[0].text))).collect();
    assert_eq!(headings, [(1, Some("Travel policy"))]);
}

#[test]
fn columns_are_read_one_after_the_other() {
    let column = |x: u32, word: &str| {
        (0..20)
            .map(|i| line(x, 750 - 14 * i, 11, &format!("{word} {i} of a column of prose")))
            .collect::<String>()
    };
    let pages =
        pages_of(&pdf(&[&format!("{}{}", column(60, "left"), column(320, "right"))])).expect("it is a PDF");
    let text = &pages[0].text;
    assert!(text.find("left 19") < text.find("right 0"), "{text}");
}

#[test]
fn a_password_that_only_its_owner_needs_is_no_hindrance() {
    for bytes in [
        include_bytes!("../../tests/data/owner-rc4.pdf").as_slice(),
        include_bytes!("../../tests/data/owner-aes.pdf"),
    ] {
        let pages = pages_of(bytes).expect("anyone may read it");
        assert_eq!(texts(&pages), [(1, "Only the owner may change this.")]);
    }
}

#[test]
fn a_password_that_every_reader_needs_is_told() {
    for bytes in [
        include_bytes!("../../tests/data/user-rc4.pdf").as_slice(),
        include_bytes!("../../tests/data/user-aes.pdf"),
    ] {
        assert_eq!(pages_of(bytes).expect_err("it needs a password").code, FailureCode::Encrypted);
    }
}

#[test]
fn half_a_pdf_is_broken_or_read_to_where_it_goes() {
    let whole = pdf(&[&line(72, 700, 11, "First"), &line(72, 700, 11, "Second")]);
    for end in (0..whole.len()).step_by(97) {
        if let Err(failure) = pages_of(&whole[..end]) {
            assert_eq!(failure.code, FailureCode::Broken, "cut at {end}: {failure}");
        }
    }
}

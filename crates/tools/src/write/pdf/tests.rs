//! What `pdf` promises, tested on what another program reads in it, and on the pages before they are
//! bytes.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use pdf_oxide::PdfDocument;

use super::super::decimal::Decimal;
use super::super::fonts::Writing;
use super::super::grid::{Datum, Day, Grid};
use super::piece::{Mark, Text, text_width};
use super::*;

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let fonts = Fonts::of_system();
    let has_han = fonts.glyph('合', true, Writing::Han).is_some();
    assert!(has_han, "these tests need a Chinese font: install fonts-noto-cjk; found {fonts:?}");
    fonts
});

/// Nothing here may take longer, however slow the machine is.
const SOON: Duration = Duration::from_secs(120);

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn number(digits: &str) -> Datum {
    Datum::Number(Decimal::read(digits).expect("it is a number"))
}

fn grid(name: &str, columns: &[&str], rows: Vec<Vec<Datum>>) -> Grid {
    Grid::new(name, columns.iter().map(|&name| name.to_owned()).collect(), rows).expect("it is a table")
}

fn claims(count: usize) -> Grid {
    let row = |at: usize| {
        let day = Day::new(2024, 7, 1 + (at % 28) as u8).expect("it is a day");
        vec![
            text(&format!("BX-{at:05}")),
            Datum::Date(day),
            text("住宿费"),
            number(&format!("{}.50", at * 7)),
        ]
    };
    grid("明细", &["单据号", "日期", "类别", "金额"], (0..count).map(row).collect())
        .with_totals("合计", &[3])
        .expect("they are numbers")
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(text.to_owned())
}

fn written(blocks: &[Block]) -> Vec<u8> {
    pdf(blocks, &FONTS).expect("it is written")
}

/// The text of each page without its spaces, as another program reads it.
fn read(bytes: Vec<u8>) -> Vec<String> {
    let document = PdfDocument::from_bytes(bytes).expect("it is a PDF");
    let pages = document.page_count().expect("it has pages");
    let page = |at| document.extract_text(at).expect("the page has text");
    (0..pages).map(|at| page(at).split_whitespace().collect()).collect()
}

fn laid_out(blocks: &[Block]) -> Document<'static> {
    let mut document = Document::new(blocks, &FONTS);
    for (at, block) in blocks.iter().enumerate() {
        document.push(block, at.checked_sub(1).map(|at| &blocks[at])).expect("it is laid out");
    }
    document.pages.finish().expect("it ends");
    document
}

/// The texts of a page with the left edge of their pieces taken off.
fn texts(page: &pages::Page) -> Vec<(String, &Text)> {
    let marks = page.pieces.iter().flat_map(|(_, _, piece)| &piece.marks);
    marks
        .filter_map(|mark| match mark {
            Mark::Text(text) => Some((text.line.glyphs.iter().map(|glyph| glyph.c).collect(), text)),
            Mark::Fill { .. } => None,
        })
        .collect()
}

#[test]
fn the_text_comes_back_in_both_languages() {
    let blocks = [
        Block::Title("差旅费审核报告 Q3".into()),
        Block::Heading(1, "一、概述".into()),
        paragraph(
            "审核依据为《差旅费管理办法》，金额合计 126,480.50 元。\nSecond line: “naïve” café & <b> 100%",
        ),
        Block::Bullet("要点 point".into()),
        Block::Quote("第十二条 凭发票据实报销".into()),
        Block::Table(claims(2)),
    ];
    let pages = read(written(&blocks));
    assert_eq!(pages.len(), 1);
    for expected in [
        "差旅费审核报告Q3",
        "一、概述",
        "审核依据为《差旅费管理办法》，金额合计126,480.50元。",
        "Secondline:“naïve”café&<b>100%",
        "要点point",
        "第十二条凭发票据实报销",
        "BX-00001",
        "2024-07-02",
        "7.50",
        "合计",
        "8.00",
        "1/1",
    ] {
        assert!(pages[0].contains(expected), "{expected} in {}", pages[0]);
    }
}

#[test]
fn a_table_goes_on_below_its_headings_and_no_row_is_lost() {
    let pages = read(written(&[Block::Title("长表".into()), Block::Table(claims(200))]));
    assert!(pages.len() > 3);
    for (at, page) in pages.iter().enumerate() {
        assert_eq!(page.matches("单据号").count(), 1, "page {}", at + 1);
        assert!(page.contains(&format!("{}/{}", at + 1, pages.len())), "page {}: {page}", at + 1);
    }
    let all = pages.concat();
    for at in 0..200 {
        assert_eq!(all.matches(&format!("BX-{at:05}")).count(), 1, "row {at}");
    }
    let last = pages.last().expect("there are pages");
    assert!(last.contains("BX-00199") && last.contains("合计"), "the totals stand below a row");
}

#[test]
fn numbers_end_where_their_column_ends() {
    let document = laid_out(&[Block::Table(claims(30))]);
    let end = |text: &Text| text.left + text.line.width * text.size;
    let all = texts(&document.pages.done[0]);
    let amounts: Vec<f32> = all
        .iter()
        .filter(|(said, _)| said.ends_with(".50") || said == "金额")
        .map(|(_, text)| end(text))
        .collect();
    assert!(amounts.len() > 30);
    assert!(amounts.iter().all(|at| (at - amounts[0]).abs() < 0.01), "{amounts:?}");
    assert!(amounts[0] < text_width(false));
}

#[test]
fn punctuation_stands_where_chinese_has_it() {
    let said = "他说：“合同（第三条、第四条）自签订之日起生效；逾期付款的，按《办法》执行！”是吗？";
    let mut setter = Setter::new(&FONTS);
    let shaped = setter.shape(said, false, String::new).expect("it is set");
    for width in 4..30 {
        let lines = shaped[0].lines(width as f32);
        for line in &lines {
            let first = line.glyphs.first().map(|glyph| glyph.c).expect("no line is empty");
            let last = line.glyphs.last().map(|glyph| glyph.c).expect("no line is empty");
            assert!(!"，。、；：！？）》”".contains(first), "{first} begins a line of {width}");
            assert!(!"（《“".contains(last), "{last} ends a line of {width}");
            assert!(line.width <= width as f32 + 0.01);
        }
        let again: String = lines.iter().flat_map(|line| &line.glyphs).map(|glyph| glyph.c).collect();
        assert_eq!(again, said);
    }
}

#[test]
fn words_are_not_cut_while_they_fit() {
    let mut setter = Setter::new(&FONTS);
    let shaped = setter.shape("The limit of the city", false, String::new).expect("it is set");
    let lines: Vec<String> =
        shaped[0].lines(5.0).iter().map(|line| line.glyphs.iter().map(|glyph| glyph.c).collect()).collect();
    assert_eq!(lines, ["The limit", "of the city"]);
}

#[test]
fn a_character_without_a_font_is_told_with_its_place() {
    let error = pdf(&[paragraph("甲\u{e123}乙\u{e124}")], &FONTS).expect_err("nobody has it");
    let told = error.to_string();
    assert!(matches!(error, WriteError::Font { .. }), "{told}");
    for part in ["the paragraph `甲", "U+E123", "U+E124", "install a font"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let none = Fonts::of_folders(&[]);
    let error = pdf(&[Block::Table(claims(1))], &none).expect_err("there is no font").to_string();
    assert!(error.contains("table `明细`, column `单据号`: no font here has `单` (U+5355)"), "{error}");
    assert!(error.contains("Noto Sans CJK SC"), "{error}");
}

#[test]
fn scripts_that_need_more_than_glyphs_are_refused() {
    for said in ["مرحبا", "नमस्ते", "q\u{323}\u{307}x\u{336}"] {
        let error = pdf(&[paragraph(said)], &FONTS).expect_err("it can't be set");
        assert!(error.to_string().contains("write a Word document"), "{error}");
    }
}

#[test]
fn letters_and_their_marks_are_one_and_unseen_marks_are_none() {
    let said = "cafe\u{301} \u{feff}a\u{200b}b\u{202e}c\u{ad}d\te\u{0}\u{85}";
    let document = laid_out(&[paragraph(said)]);
    assert_eq!(texts(&document.pages.done[0])[0].0, "café abcd\u{2003}\u{2003}e\u{fffd}\u{fffd}");
}

#[test]
fn a_wide_table_lies_and_prose_stands() {
    let names: Vec<String> = (0..14).map(|at| format!("Column {at}")).collect();
    let row = || (0..14).map(|_| text("some words here")).collect();
    let wide = Grid::new("Wide", names, (0..3).map(|_| row()).collect()).expect("it is a table");
    let prose = || paragraph(&"A sentence of some length. ".repeat(200));
    let blocks = [prose(), Block::Heading(1, "Wide".into()), Block::Table(wide), prose()];
    let document = laid_out(&blocks);
    let lying: Vec<bool> = document.pages.done.iter().map(|page| page.is_lying).collect();
    assert!(!lying[0] && !lying[lying.len() - 1] && lying.contains(&true), "{lying:?}");
    let at = lying.iter().position(|is_lying| *is_lying).expect("one lies");
    let on_it: Vec<String> = texts(&document.pages.done[at]).into_iter().map(|(said, _)| said).collect();
    assert_eq!(on_it[0], "Wide", "its heading goes with it");
    assert_eq!(on_it.iter().filter(|said| *said == "Wide").count(), 1, "and is its name");
    assert_eq!(document.pages.places, [(at, piece::TOP)]);
}

#[test]
fn every_text_stays_within_its_page() {
    let long = "一个没有任何空格的很长的说明文字".repeat(20) + &"Donaudampfschifffahrt".repeat(20);
    let rows = (0..5).map(|_| vec![text(&long), number(&"9".repeat(300)), text("x")]).collect();
    let blocks = [
        Block::Title(long.clone()),
        Block::Bullet(long.clone()),
        Block::Quote(long.clone()),
        Block::Table(grid(&long, &["a", "b", &long], rows)),
    ];
    for page in &laid_out(&blocks).pages.done {
        for (said, text) in texts(page) {
            let end = text.left + text.line.width * text.size;
            assert!(text.left >= -0.01 && end <= text_width(page.is_lying) + 0.1, "{said}: {end}");
        }
        for (top, _, piece) in &page.pieces {
            let bottom = top + piece.height - piece::TOP;
            assert!(bottom <= piece::text_height(page.is_lying) + 0.1, "{bottom}");
        }
    }
}

#[test]
fn a_word_of_any_length_is_set_whole() {
    let began = Instant::now();
    let pages = read(written(&[paragraph(&"x".repeat(200_000))]));
    assert_eq!(pages.concat().matches('x').count(), 200_000);
    assert!(began.elapsed() < SOON);
}

#[test]
fn a_row_that_is_longer_than_a_page_is_cut_and_whole() {
    let rows = vec![vec![text(&"长".repeat(20_000)), number("1")], vec![text("next"), number("2")]];
    let pages = read(written(&[Block::Table(grid("", &["a", "b"], rows))]));
    assert!(pages.len() > 3);
    assert_eq!(pages.concat().matches('长').count(), 20_000);
    assert!(pages.last().is_some_and(|page| page.contains("next")));
}

#[test]
fn many_rows_are_written_soon_and_too_many_columns_are_refused() {
    let began = Instant::now();
    let bytes = written(&[Block::Table(claims(5000))]);
    assert!(PdfDocument::from_bytes(bytes).expect("it is a PDF").page_count().expect("it has pages") > 100);
    let names = (0..60).map(|at| format!("Column {at}")).collect();
    let wide = Grid::new("宽", names, vec![vec![text("some words"); 60]]).expect("it is a table");
    let error = pdf(&[Block::Table(wide)], &FONTS).expect_err("it is too wide");
    assert!(matches!(error, WriteError::TooLarge { .. }));
    assert!(error.to_string().contains("table `宽`: its 60 columns don't fit"), "{error}");
    assert!(began.elapsed() < SOON);
}

#[test]
fn a_document_that_is_too_large_is_refused() {
    let long = paragraph(&"长".repeat(SIZE));
    assert!(matches!(pdf(&[long], &FONTS), Err(WriteError::TooLarge { .. })));
    let lines = paragraph(&"\n".repeat(200_000));
    assert!(matches!(pdf(&[lines], &FONTS), Err(WriteError::TooLarge { .. })), "it has too many pages");
}

#[test]
fn nothing_of_the_text_becomes_an_action() {
    let said = "x) >> /OpenAction << /S /JavaScript /JS (app.alert(1)) https://example.com javascript:1";
    let blocks = [Block::Title(said.into()), Block::Heading(1, said.into()), paragraph(said)];
    let bytes = written(&blocks);
    let raw = String::from_utf8_lossy(&bytes).into_owned();
    // In strings, its parentheses are escaped, so it ends none of them.
    let strings =
        r"x\) >> /OpenAction << /S /JavaScript /JS \(app.alert\(1\)\) https://example.com javascript:1";
    assert_eq!(raw.matches(strings).count(), 3, "in the title and the outline");
    let rest = raw.replace(strings, "");
    for word in ["/Action", "/OpenAction", "/AA", "/JS", "/JavaScript", "/URI", "/Annots", "/Launch", "/A "] {
        assert!(!rest.contains(word), "{word}");
    }
}

#[test]
fn the_same_blocks_give_the_same_bytes() {
    let blocks = [Block::Title("报告".into()), Block::Table(claims(50)), paragraph("Ends.")];
    let first = written(&blocks);
    assert_eq!(first, pdf(&blocks, &Fonts::of_system()).expect("it is written"));
    assert!(!String::from_utf8_lossy(&first).contains("CreationDate"));
}

#[test]
fn a_document_of_nothing_is_a_page() {
    let pages = read(written(&[]));
    assert_eq!(pages, ["1/1"]);
    let levels = [0, 7].map(|level| pdf(&[Block::Heading(level, "x".into())], &FONTS));
    assert!(levels.iter().all(|result| matches!(result, Err(WriteError::Data { .. }))));
}

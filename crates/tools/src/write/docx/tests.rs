//! What `docx` promises, tested on the XML that it writes.

use super::super::decimal::Decimal;
use super::super::grid::Datum;
use super::super::unpacked::{assert_well_formed, names, part};
use super::*;

fn grid(name: &str) -> Grid {
    let number = |text: &str| Datum::Number(Decimal::read(text).expect("it is a number"));
    let rows = vec![vec![Datum::Text("甲 & 乙".into()), number("1.50")], vec![Datum::Empty, number("2")]];
    Grid::new(name, vec!["名称".into(), "金额".into()], rows)
        .and_then(|grid| grid.with_totals("合计", &[1]))
        .expect("it is a table")
}

fn all_blocks() -> Vec<Block> {
    vec![
        Block::Title("情况说明".into()),
        Block::Heading(1, "一、概述".into()),
        Block::Paragraph("第一行\n第二行 <w:p> & ]]> {{x}}".into()),
        Block::Bullet("要点".into()),
        Block::Quote("引文\u{0}".into()),
        Block::Table(grid("表一")),
        Block::Table(grid("")),
    ]
}

#[test]
fn every_part_is_well_formed_and_named_where_it_must_be() {
    let written = docx(&all_blocks()).expect("it is written");
    let names = names(&written);
    let types = part(&written, "[Content_Types].xml");
    let ties = part(&written, "word/_rels/document.xml.rels");
    for name in &names {
        assert_well_formed(&part(&written, name));
        if let Some(own) = name.strip_prefix("word/").filter(|own| !own.contains('/')) {
            assert!(types.contains(&format!("PartName=\"/{name}\"")), "{name} has a type");
            assert!(own == "document.xml" || ties.contains(&format!("Target=\"{own}\"")), "{name} is tied");
        }
    }
    assert_eq!(names.len(), 8);
}

#[test]
fn every_style_that_is_used_is_there() {
    let written = docx(&all_blocks()).expect("it is written");
    let styles = part(&written, "word/styles.xml");
    let document = part(&written, "word/document.xml");
    let used = document.split("Style w:val=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for style in used {
        assert!(styles.contains(&format!("w:styleId=\"{style}\"")), "{style}");
    }
    assert!(styles.contains(r#"w:eastAsia="宋体""#));
    assert!(part(&written, "word/fontTable.xml").contains(r#"<w:altName w:val="SimSun"/>"#));
}

#[test]
fn texts_are_data_and_their_lines_are_breaks() {
    let document = part(&docx(&all_blocks()).expect("it is written"), "word/document.xml");
    assert!(document.contains(
        r#"第一行</w:t><w:br/><w:t xml:space="preserve">第二行 &lt;w:p&gt; &amp; ]]&gt; {{x}}</w:t>"#
    ));
    assert!(document.contains("引文\u{fffd}"));
}

#[test]
fn the_headings_of_a_table_are_bold_and_repeated_and_numbers_stand_right() {
    let document = part(&docx(&[Block::Table(grid("表一"))]).expect("it is written"), "word/document.xml");
    assert_eq!(document.matches("<w:tblHeader/>").count(), 1);
    // Two headings and two cells of the row of totals.
    assert_eq!(document.matches("<w:b/>").count(), 4);
    assert_eq!(document.matches(r#"<w:jc w:val="right"/>"#).count(), 4);
    assert!(document.contains("合计") && document.contains("3.50"));
    assert!(document.contains("</w:tbl><w:p/>"));
}

#[test]
fn a_level_without_a_style_and_a_table_that_is_too_wide_are_refused() {
    for level in [0, 7] {
        assert!(matches!(docx(&[Block::Heading(level, "x".into())]), Err(WriteError::Data { .. })));
    }
    let wide = Grid::new("", vec!["a".into(); 64], Vec::new()).expect("it is a table");
    assert!(matches!(docx(&[Block::Table(wide)]), Err(WriteError::TooLarge { .. })));
}

#[test]
fn the_same_blocks_give_the_same_bytes() {
    let first = docx(&all_blocks()).expect("it is written");
    assert_eq!(first, docx(&all_blocks()).expect("it is written"));
}

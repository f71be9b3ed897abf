//! What is anchored to rows moves with them, or is refused by name.

use super::*;

fn items() -> Values {
    with_items(values(&[("客户", text("某某"))]), ITEMS)
}

/// The template of items with more in it.
fn with(write: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    template(|sheet| {
        write_items(sheet);
        write(sheet);
    })
}

fn sheet_of(write: impl FnOnce(&mut Worksheet)) -> String {
    part(&filled(&with(write), &items()), SHEET)
}

#[test]
fn merged_cells_are_merged_in_each_copy_and_move_below() {
    let plain = Look::new();
    let sheet = sheet_of(|sheet| {
        sheet.merge_range(0, 0, 0, 3, "客户：{{客户}}", &plain).expect("they are merged");
        sheet.merge_range(2, 4, 2, 5, "x", &plain).expect("they are merged");
        sheet.merge_range(1, 6, 3, 6, "y", &plain).expect("they are merged");
        sheet.merge_range(5, 0, 6, 1, "z", &plain).expect("they are merged");
    });
    let merged = r#"<mergeCells count="6"><mergeCell ref="A1:D1"/><mergeCell ref="E3:F3"/><mergeCell ref="E4:F4"/><mergeCell ref="E5:F5"/><mergeCell ref="G2:G6"/><mergeCell ref="A8:B9"/></mergeCells>"#;
    assert!(sheet.contains(merged), "{sheet}");
    let book = with(|sheet| {
        sheet.merge_range(2, 4, 3, 5, "x", &plain).expect("they are merged");
    });
    assert!(refused(&book, &items()).contains("the merged cells E3:F4 begin in a repeated row"));
}

#[test]
fn rules_and_links_cover_all_copies() {
    let sheet = sheet_of(|sheet| {
        let rule = ConditionalFormatCell::new()
            .set_rule(ConditionalFormatCellRule::GreaterThan(Formula::new("$B3")))
            .set_format(Look::new().set_bold());
        sheet.add_conditional_format(2, 0, 2, 3, &rule).expect("it is a rule");
        let list = DataValidation::new().allow_list_formula(Formula::new("$H$3:$H$9"));
        sheet.add_data_validation(2, 1, 2, 1, &list).expect("it is a rule");
        let below = DataValidation::new()
            .allow_decimal_number_formula(DataValidationRule::GreaterThan(Formula::new("D4")));
        sheet.add_data_validation(4, 3, 4, 3, &below).expect("it is a rule");
        sheet.write_url(6, 0, "internal:报价!D5").expect("it is a link");
        sheet.set_page_breaks(&[3]).expect("they are breaks");
        sheet.set_vertical_page_breaks(&[4]).expect("they are breaks");
    });
    for wanted in [
        r#"<conditionalFormatting sqref="A3:D5">"#,
        "<formula>$B3</formula>",
        r#"sqref="B3:B5"><formula1>$H$3:$H$11</formula1>"#,
        r#"sqref="D7"><formula1>D6</formula1>"#,
        r#"<hyperlink ref="A9" location="报价!D7""#,
        r#"<rowBreaks count="1" manualBreakCount="1"><brk id="5""#,
        r#"<colBreaks count="1" manualBreakCount="1"><brk id="4""#,
    ] {
        assert!(sheet.contains(wanted), "{wanted} in {sheet}");
    }
}

#[test]
fn rules_go_with_the_rows_of_an_empty_list() {
    let book = with(|sheet| {
        let list = DataValidation::new().allow_list_formula(Formula::new("$H$3:$H$9"));
        sheet.add_data_validation(2, 1, 2, 1, &list).expect("it is a rule");
        let rule = ConditionalFormatCell::new().set_rule(ConditionalFormatCellRule::GreaterThan(1));
        sheet.add_conditional_format(2, 0, 2, 3, &rule).expect("it is a rule");
    });
    let sheet = part(&filled(&book, &with_items(items(), &[])), SHEET);
    assert!(!sheet.contains("dataValidation") && !sheet.contains("conditionalFormatting"), "{sheet}");
}

#[test]
fn names_print_areas_and_filters_follow() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("报价").expect("it is a name");
    write_items(sheet);
    sheet.set_print_area(0, 0, 4, 3).expect("it is an area");
    sheet.set_repeat_rows(0, 1).expect("they are rows");
    sheet.autofilter(1, 0, 2, 3).expect("it is a filter");
    book.define_name("金额", "=报价!$D$3").expect("it is a name");
    book.define_name("合计", "=报价!$D$4").expect("it is a name");
    let book = filled(&book.save_to_buffer().expect("it is written"), &items());
    let workbook = part(&book, "xl/workbook.xml");
    for wanted in [">报价!$D$3:$D$5<", ">报价!$D$6<", ">报价!$A$1:$D$7<", ">报价!$1:$2<", ">报价!$A$2:$D$5<"]
    {
        assert!(workbook.contains(wanted), "{wanted} in {workbook}");
    }
    assert!(part(&book, SHEET).contains(r#"<autoFilter ref="A2:D5""#));
}

#[test]
fn charts_pictures_and_notes_move_and_charts_read_all_copies() {
    let pixel: &[u8] = &[
        0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 40,
        0, 0, 0, 40, 8, 2, 0, 0, 0, 0, 0, 0, 0,
    ];
    let book = with(|sheet| {
        let mut chart = Chart::new(ChartType::Column);
        chart
            .add_series()
            .set_categories("报价!$A$3:$A$3")
            .set_values("报价!$D$3:$D$3")
            .set_name("报价!$D$2");
        sheet.insert_chart(6, 0, &chart).expect("it is a chart");
        let image = Image::new_from_buffer(pixel).expect("it is a picture");
        sheet.insert_image(0, 6, &image).expect("it is a picture");
        sheet.insert_note(4, 3, &Note::new("税")).expect("it is a note");
    });
    let book = filled(&book, &items());
    let chart = part(&book, "xl/charts/chart1.xml");
    assert!(chart.contains("<c:f>报价!$D$3:$D$5</c:f>") && chart.contains("<c:f>报价!$D$2</c:f>"), "{chart}");
    assert!(!chart.contains("Cache>"), "{chart}");
    let drawing = part(&book, "xl/drawings/drawing1.xml");
    assert!(
        drawing.contains("<xdr:row>8</xdr:row>") && drawing.contains("<xdr:row>0</xdr:row>"),
        "{drawing}"
    );
    assert!(part(&book, "xl/comments1.xml").contains(r#"<comment ref="D7""#));
    assert!(part(&book, "xl/drawings/vmlDrawing1.vml").contains("<x:Row>6</x:Row>"));
}

#[test]
fn tables_grow_and_keep_a_row() {
    let book = with(|sheet| {
        sheet.write(5, 7, "x").expect("it is written");
        sheet.add_table(1, 0, 2, 3, &Table::new()).expect("it is a table");
        for (column, name) in ["{{项目.名称}}", "{{项目.数量}}", "{{项目.单价}}"].iter().enumerate()
        {
            sheet.write(2, column as u16, *name).expect("it is written");
        }
    });
    let table = part(&filled(&book, &items()), "xl/tables/table1.xml");
    assert!(table.contains(r#"ref="A2:D5""#) && table.contains(r#"<autoFilter ref="A2:D5"/>"#), "{table}");
    assert!(
        refused(&book, &with_items(items(), &[])).contains("the table A2:D3 would be left without a row")
    );
    let heading = template(|sheet| {
        sheet.add_table(0, 0, 1, 1, &Table::new()).expect("it is a table");
        sheet.write(0, 0, "{{客户}}").expect("it is written");
    });
    assert!(
        refused(&heading, &items()).starts_with("sheet `报价`, cell A1: a placeholder stands in a heading")
    );
}

#[test]
fn formulas_of_other_sheets_follow() {
    let mut book = Workbook::new();
    write_items(book.add_worksheet().set_name("报价").expect("it is a name"));
    let other = book.add_worksheet();
    other.write_formula(9, 0, "SUM(报价!D3:D3)+'报价'!D4+B9").expect("it is written");
    other.write_formula(1, 2, "报价!$D$4").expect("it is written");
    let column = TableColumn::new().set_formula(Formula::new("报价!$D$4"));
    other.add_table(0, 2, 1, 2, &Table::new().set_columns(&[column])).expect("it is a table");
    let rule = DataValidation::new().allow_list_formula(Formula::new("报价!$A$3:$A$4"));
    other.add_data_validation(4, 4, 4, 4, &rule).expect("it is a rule");
    let book = filled(&book.save_to_buffer().expect("it is written"), &items());
    assert_eq!(formulas(&book, "Sheet2"), ["C2=报价!$D$6", "A10=SUM(报价!D3:D5)+'报价'!D6+B9"]);
    let table = part(&book, "xl/tables/table1.xml");
    assert!(table.contains("<calculatedColumnFormula>报价!$D$6<"), "{table}");
    let sheet = part(&book, "xl/worksheets/sheet2.xml");
    assert!(sheet.contains(r#"sqref="E5"><formula1>报价!$A$3:$A$6</formula1>"#), "{sheet}");
}

#[test]
fn formulas_that_cells_share_are_written_out() {
    let book = with(|sheet| {
        for row in 5..8 {
            sheet.write_formula(row, 0, "S").expect("it is written");
        }
    });
    let mut xml = part(&book, SHEET);
    for (at, formula) in [
        r#"<f t="shared" ref="A6:A8" si="0">SUM(D$3:D4)+B6</f>"#,
        r#"<f t="shared" si="0"/>"#,
        r#"<f t="shared" si="0"></f>"#,
    ]
    .into_iter()
    .enumerate()
    {
        assert!(xml.contains("<f>S</f>"), "{at}");
        xml = xml.replacen("<f>S</f>", formula, 1);
    }
    let book = filled(&with_part(&book, SHEET, &xml), &items());
    let below: Vec<String> = formulas(&book, "报价").into_iter().filter(|f| f.starts_with('A')).collect();
    assert_eq!(below, ["A8=SUM(D$3:D6)+B8", "A9=SUM(D$3:D7)+B9", "A10=SUM(D$3:D8)+B10"]);
    assert!(!part(&book, SHEET).contains("shared"));
}

#[test]
fn arrays_move_as_a_whole() {
    let book = with(|sheet| {
        sheet.write_array_formula(2, 4, 2, 4, "{SUM(B3:C3*2)}").expect("it is written");
        sheet.write_array_formula(5, 4, 6, 4, "{D4:D5*2}").expect("it is written");
    });
    let sheet = part(&filled(&book, &items()), SHEET);
    assert!(sheet.contains(r#"<f t="array" ref="E4">SUM(B4:C4*2)</f>"#), "{sheet}");
    assert!(sheet.contains(r#"<f t="array" ref="E8:E9">D6:D7*2</f>"#), "{sheet}");
    let book = with(|sheet| {
        sheet.write_array_formula(1, 4, 2, 4, "{A1:A2}").expect("it is written");
    });
    assert!(refused(&book, &items()).contains("a formula of several rows can't be repeated"));
}

#[test]
fn what_can_be_read_in_two_ways_or_not_moved_is_named() {
    let ambiguous = with(|sheet| {
        sheet.write_formula(2, 4, "C3*H1").expect("it is written");
    });
    for rows in [ITEMS, &[]] {
        let error = refused(&ambiguous, &with_items(items(), rows));
        assert!(error.starts_with("sheet `报价`, cell E3: `H1`: in a repeated row it can mean"), "{error}");
        assert!(error.ends_with("as in B$1"), "{error}");
    }
    let book = with(|_| {});
    let xml = part(&book, SHEET).replace("<pageMargins", "<scenarios/><pageMargins");
    assert!(refused(&with_part(&book, SHEET, &xml), &items()).contains("it has `scenarios`"));
}

#[test]
fn two_lists_on_one_sheet_move_each_other() {
    let book = with(|sheet| {
        sheet.write(7, 0, "{{项目.名称}}").expect("it is written");
        sheet.write_formula(8, 0, "COUNTA(A8:A8)+SUM(D3:D3)").expect("it is written");
    });
    let book = filled(&book, &items());
    assert_eq!(cells(&book, "报价")[11][0], Data::String("丙".to_owned()));
    assert!(formulas(&book, "报价").contains(&"A13=COUNTA(A10:A12)+SUM(D3:D5)".to_owned()));
}

#[test]
fn the_order_of_computing_is_forgotten() {
    let book = with(|_| {});
    let chain = r#"<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="D3" i="1"/></calcChain>"#;
    let book = with_part(&book, "xl/calcChain.xml", chain);
    let rels = part(&book, "xl/_rels/workbook.xml.rels").replace(
        "</Relationships>",
        r#"<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/></Relationships>"#,
    );
    let book = with_part(&book, "xl/_rels/workbook.xml.rels", &rels);
    let types = part(&book, "[Content_Types].xml").replace(
        "</Types>",
        r#"<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>"#,
    );
    let book = filled(&with_part(&book, "[Content_Types].xml", &types), &items());
    assert!(!names(&book).contains(&"xl/calcChain.xml".to_owned()));
    assert!(!part(&book, "[Content_Types].xml").contains("calcChain"));
    assert_eq!(
        part(&book, "xl/_rels/workbook.xml.rels").matches("<Relationship ").count(),
        rels.matches("<Relationship ").count() - 1
    );
}

#[test]
fn rules_of_later_versions_follow_too() {
    let later = r#"<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" uri="{1}"><x14:dataValidations count="2"><x14:dataValidation type="list"><x14:formula1><xm:f>Sheet2!$A$1:$A$9</xm:f></x14:formula1><xm:sqref>A3</xm:sqref></x14:dataValidation><x14:dataValidation type="custom"><x14:formula1><xm:f>D4&gt;$D$3</xm:f></x14:formula1><xm:sqref>D4 D5</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>"#;
    let book = with(|_| {});
    let book = with_part(&book, SHEET, &part(&book, SHEET).replace("</worksheet>", later));
    let sheet = part(&filled(&book, &items()), SHEET);
    assert!(
        sheet.contains("<xm:f>Sheet2!$A$1:$A$9</xm:f></x14:formula1><xm:sqref>A3:A5</xm:sqref>"),
        "{sheet}"
    );
    assert!(sheet.contains("<xm:f>D6&gt;$D$3</xm:f></x14:formula1><xm:sqref>D6 D7</xm:sqref>"), "{sheet}");
    let sheet = part(&filled(&book, &with_items(items(), &[])), SHEET);
    assert!(
        sheet.contains(r#"<x14:dataValidations count="1"><x14:dataValidation type="custom">"#),
        "{sheet}"
    );
    let sparkline = later
        .replace("x14:dataValidation ", "x14:sparkline ")
        .replace("x14:dataValidation>", "x14:sparkline>");
    let book = with_part(&book, SHEET, &part(&with(|_| {}), SHEET).replace("</worksheet>", &sparkline));
    assert!(refused(&book, &items()).contains("a sparkline stands in a repeated row"));
}

/// The template of items whose sheet refers to a part of this kind.
fn with_relation(kind: &str, name: &str, xml: &str) -> Vec<u8> {
    let rels = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="../{name}"/></Relationships>"#
    );
    let book = with_part(&with(|_| {}), "xl/worksheets/_rels/sheet1.xml.rels", &rels);
    with_part(&book, &format!("xl/{name}"), xml)
}

#[test]
fn pivot_tables_move_below_and_read_their_cells_anew() {
    let at = |reference: &str| {
        format!(r#"<pivotTableDefinition><location ref="{reference}"/></pivotTableDefinition>"#)
    };
    let book = filled(&with_relation("pivotTable", "pivot.xml", &at("F8:G12")), &items());
    assert_eq!(part(&book, "xl/pivot.xml"), at("F10:G14"));
    let error = refused(&with_relation("pivotTable", "pivot.xml", &at("F2:G5")), &items());
    assert!(error.contains("a row of the pivot table F2:G5 can't be repeated"), "{error}");

    let cache = r#"<pivotCacheDefinition refreshedBy="x"><cacheSource type="worksheet"><worksheetSource ref="A2:D3" sheet="报价"/></cacheSource></pivotCacheDefinition>"#;
    let book = with_part(&with(|_| {}), "xl/cache.xml", cache);
    let types = part(&book, "[Content_Types].xml").replace(
        "</Types>",
        r#"<Override PartName="/xl/cache.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"/></Types>"#,
    );
    let book = filled(&with_part(&book, "[Content_Types].xml", &types), &items());
    let cache = part(&book, "xl/cache.xml");
    assert!(
        cache.contains(r#"ref="A2:D5" sheet="报价""#) && cache.contains(r#"refreshOnLoad="1""#),
        "{cache}"
    );
}

#[test]
fn controls_that_are_tied_to_cells_are_refused() {
    let error = refused(&with_relation("ctrlProp", "control.xml", "<a/>"), &items());
    assert!(
        error.starts_with("sheet `报价`: it has a `ctrlProp`, which can't move with its rows"),
        "{error}"
    );
}

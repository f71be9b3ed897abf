//! LibreOffice opens what was filled, and computes it.

use std::process::Command;

use super::real::{with_placeholder, with_rows, workbooks};
use super::*;

/// The workbooks as LibreOffice writes them after opening and computing them; `None` for those that it
/// can't open.
fn computed(books: &[(String, Vec<u8>)]) -> Vec<Option<Vec<u8>>> {
    let folder = tempfile::tempdir().expect("there is room");
    let out = folder.path().join("out");
    let profile = format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    let mut command = Command::new("soffice");
    command.args([profile.as_str(), "--headless", "--convert-to", "xlsx", "--outdir"]).arg(&out);
    for (name, bytes) in books {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("it is written");
        command.arg(path);
    }
    let done = command.output().expect("LibreOffice starts");
    assert!(done.status.success(), "{done:?}");
    books.iter().map(|(name, _)| std::fs::read(out.join(name)).ok()).collect()
}

#[test]
#[ignore = "needs LibreOffice; run it with --ignored"]
fn libreoffice_opens_all_real_workbooks_that_were_filled() {
    let mut before = Vec::new();
    let mut after = Vec::new();
    for (number, path) in workbooks().iter().enumerate() {
        let bytes = std::fs::read(path).expect("it is read");
        // What a pivot table shows grows with what it reads.
        let has_pivots = |bytes| names(bytes).iter().any(|name| name.starts_with("xl/pivotTables"));
        let Some((template, _, row)) = with_placeholder(&bytes).filter(|_| !has_pivots(&bytes)) else {
            continue;
        };
        let once = fill_xlsx(&template, &with_rows(1));
        let (Ok(once), Ok(filled)) = (once, fill_xlsx(&template, &with_rows(4))) else { continue };
        before.push((format!("{number}.xlsx"), once, row));
        after.push((format!("{number}.xlsx"), filled));
    }
    let templates: Vec<_> = before.iter().map(|(name, book, ..)| (name.clone(), book.clone())).collect();
    let (mut checked, mut compared, mut different) = (0, 0, 0);
    for ((template, filled), (name, _, row)) in
        computed(&templates).into_iter().zip(computed(&after)).zip(before)
    {
        let Some(template) = template else { continue };
        let filled = filled.unwrap_or_else(|| panic!("{name} is opened"));
        let (template, filled) = (open(&template).worksheet_range_at(0), open(&filled).worksheet_range_at(0));
        let [template, filled] =
            [template, filled].map(|range| range.expect("it is there").expect("it is read"));
        // Results of formulas are the same, wherever they are now; but the number of a row that moved is
        // another one, and so is a sum over what is repeated.
        for at in 0..=template.end().unwrap_or_default().0 {
            let now = if at > row { at + 3 } else { at };
            for column in 0..=template.end().unwrap_or_default().1 {
                let (was, is) = (template.get_value((at, column)), filled.get_value((now, column)));
                let texts = |value: Option<&Data>| value.map(ToString::to_string).unwrap_or_default();
                compared += 1;
                different += usize::from(at != row && texts(was) != texts(is));
            }
        }
        checked += 1;
    }
    assert!(checked >= 10, "{checked}");
    assert!(different * 1000 <= compared, "{different} of {compared}");
}

#[test]
#[ignore = "needs LibreOffice; run it with --ignored"]
fn libreoffice_computes_the_totals_of_a_filled_workbook() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("报价").expect("it is a name");
    write_items(sheet);
    sheet.write_formula(2, 4, "SUM(D$3:D3)").expect("it is written");
    sheet.write_formula(2, 5, "D3/D$4").expect("it is written");
    sheet.write(5, 0, "{{日期}}").expect("it is written");
    sheet
        .add_conditional_format(
            2,
            0,
            2,
            3,
            &ConditionalFormatCell::new()
                .set_rule(ConditionalFormatCellRule::GreaterThan(1))
                .set_format(Look::new().set_bold()),
        )
        .expect("it is a rule");
    let mut chart = Chart::new(ChartType::Column);
    chart.add_series().set_categories("报价!$A$3:$A$3").set_values("报价!$D$3:$D$3");
    sheet.insert_chart(7, 0, &chart).expect("it is a chart");
    sheet.insert_note(4, 3, &Note::new("税")).expect("it is a note");
    let other = book.add_worksheet();
    other.write_formula(0, 0, "SUM(报价!D3:D3)").expect("it is written");
    let given = with_items(values(&[("客户", text("=1+1")), ("日期", day(2025, 3, 1))]), ITEMS);
    let filled = filled(&book.save_to_buffer().expect("it is written"), &given);

    let computed = computed(&[("filled.xlsx".to_owned(), filled)]).remove(0).expect("it is opened");
    let rows = cells(&computed, "报价");
    let number = |row: usize, column: usize| rows[row][column].to_string().parse::<f64>().expect("a number");
    assert_eq!(rows[0][0].to_string(), "客户：=1+1");
    // 2 * 10.50, 1 * 0.25, 10 * 3 and their sum, its part of tax and the running sums.
    assert_eq!([2, 3, 4, 5].map(|row| number(row, 3)), [21.0, 0.25, 30.0, 51.25]);
    assert!((number(6, 3) - 6.6625).abs() < 1e-9);
    assert_eq!([2, 3, 4].map(|row| number(row, 4)), [21.0, 21.25, 51.25]);
    assert!((number(4, 5) - 30.0 / 51.25).abs() < 1e-9);
    assert!(matches!(&rows[7][0], Data::DateTime(day) if day.as_f64() == 45717.0), "{:?}", rows[7][0]);
    assert_eq!(cells(&computed, "Sheet2")[0][0].to_string(), "51.25");
    assert!(part(&computed, "xl/charts/chart1.xml").contains("$D$3:$D$5"));
}

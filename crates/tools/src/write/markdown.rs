//! Tables of Markdown.

use super::grid::Grid;
use super::text::clean;

/// Each table below its name, with its row of totals; columns of numbers to the right.
pub fn markdown(grids: &[Grid]) -> String {
    let tables: Vec<String> = grids.iter().map(table).collect();
    tables.join("\n")
}

fn table(grid: &Grid) -> String {
    let mut out = String::new();
    let name = escaped(&grid.name);
    if !name.is_empty() {
        out.push_str(&format!("## {name}\n\n"));
    }
    push_row(&mut out, grid.columns.iter().map(|name| escaped(name)));
    let rule = |column| if grid.is_numeric(column) { "---:" } else { "---" }.to_owned();
    push_row(&mut out, (0..grid.columns.len()).map(rule));
    for row in grid.all_rows() {
        push_row(&mut out, row.iter().map(|datum| escaped(&datum.to_string())));
    }
    out
}

fn push_row(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        out.push_str(&format!(" {cell} |"));
    }
    out.push('\n');
}

/// In one line, and without what a reader of Markdown would take for markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).trim().chars() {
        match c {
            '\n' => escaped.push_str("<br>"),
            '\\' | '|' | '<' | '&' | '*' | '_' | '`' | '~' | '[' | ']' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::decimal::Decimal;
    use super::super::grid::Datum;
    use super::*;

    #[test]
    fn cells_are_data_and_stay_in_their_line() {
        let number = |text: &str| Datum::Number(Decimal::read(text).expect("a number"));
        let rows = vec![
            vec![Datum::Text("a|b\n<img> [x](y) *z*".into()), number("1.50")],
            vec![Datum::Text(r"\|".into()), number("-2")],
        ];
        let grid = Grid::new("表#1", vec!["名称".into(), "金额".into()], rows)
            .and_then(|grid| grid.with_totals("合计", &[1]))
            .expect("it is a table");
        assert_eq!(
            markdown(&[grid]),
            "## 表#1\n\n| 名称 | 金额 |\n| --- | ---: |\n\
             | a\\|b<br>\\<img> \\[x\\](y) \\*z\\* | 1.50 |\n| \\\\\\| | -2 |\n| 合计 | -0.50 |\n"
        );
    }

    #[test]
    fn tables_are_apart() {
        let grid = |name: &str| Grid::new(name, vec!["a".into()], Vec::new()).expect("it is a table");
        let written = markdown(&[grid("x"), grid("")]);
        assert_eq!(written, "## x\n\n| a |\n| --- |\n\n| a |\n| --- |\n");
    }
}

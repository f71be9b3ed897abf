//! The fields of a form: labels and what was filled in, read off how they stand on the page.

use crate::passage::CharRange;
use crate::run::Document;
use crate::table::{Column, Evidence, Kind, Table, Value};

/// Characters of a label.
const LABEL: usize = 30;
/// Between the cells of a table's row, as readers of documents write it.
const BAR: &str = " |";

/// The fields of a document, in order, with the columns `label` and `value`.
pub(super) fn read(document: &Document) -> Table {
    let mut rows = Vec::new();
    for page in &document.pages {
        let mut start = 0;
        for line in page.text.split_inclusive('\n') {
            for (label, value) in fields_of(line.trim_end_matches('\n')) {
                let value_of = |(from, to): (usize, usize)| {
                    let at = |byte: usize| page.text[..start + byte].chars().count();
                    let place = document.place(page.number, CharRange::new(at(from), at(to)));
                    let is_written = line[from..to].chars().any(|c| c.is_alphanumeric());
                    match place.filter(|_| is_written) {
                        Some(place) => {
                            Value::new(place.quote.clone(), Evidence::Quoted { places: vec![place] })
                        }
                        None => Value::missing(),
                    }
                };
                rows.push(vec![value_of(label), value_of(value)]);
            }
            start += line.len();
        }
    }
    Table { columns: vec![Column::new("label", Kind::Text), Column::new("value", Kind::Text)], rows }
}

type Span = (usize, usize);

/// Bytes of labels and values of a line.
fn fields_of(line: &str) -> Vec<(Span, Span)> {
    let mut fields = Vec::new();
    let cells = cells_of(line);
    if cells.len() > 1 {
        for pair in cells.chunks(2) {
            if let [label, value] = pair
                && is_label(&line[label.0..label.1])
            {
                fields.push((*label, *value));
            }
        }
    }
    for (from, to) in cells {
        fields.extend(colons(line, from, to));
    }
    fields
}

/// The trimmed cells of a row; a line without bars is one.
fn cells_of(line: &str) -> Vec<Span> {
    let mut cells = Vec::new();
    let mut start = 0;
    let ends = line.match_indices(BAR).map(|(at, _)| (at, at + BAR.len())).chain([(line.len(), line.len())]);
    for (end, next) in ends {
        if end >= start {
            cells.push(trimmed(line, start, end));
        }
        start = next;
    }
    cells
}

/// `Label: value` and its kin within a cell; several are parted by wide gaps.
fn colons(line: &str, from: usize, to: usize) -> Vec<(Span, Span)> {
    let text = &line[from..to];
    let marks: Vec<(usize, usize)> = text
        .char_indices()
        .filter(|(at, c)| {
            *c == '：' || (*c == ':' && !text[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
        })
        .map(|(at, c)| (at, at + c.len_utf8()))
        .collect();
    let mut fields = Vec::new();
    let mut begin = 0;
    for (i, (at, after)) in marks.iter().enumerate() {
        let label = trimmed(text, begin, *at);
        let until = marks.get(i + 1).map_or(text.len(), |(next, _)| {
            // The next label begins behind the last gap before its colon.
            let between = &text[*after..*next];
            after + between.trim_end().rfind(char::is_whitespace).map_or(between.len(), |gap| gap)
        });
        if is_label(&text[label.0..label.1]) {
            let value = trimmed(text, *after, until);
            fields.push(((from + label.0, from + label.1), (from + value.0, from + value.1)));
        }
        begin = until;
    }
    fields
}

fn is_label(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters > 1 && text.chars().count() <= LABEL && !text.contains(['。', '，', ';', '；'])
}

fn trimmed(text: &str, from: usize, to: usize) -> Span {
    let part = &text[from..to];
    let lead = part.len() - part.trim_start().len();
    let kept = part.trim().len();
    (from + lead, from + lead + kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Vec<(&str, &str)> {
        fields_of(line)
            .into_iter()
            .map(|(label, value)| (&line[label.0..label.1], &line[value.0..value.1]))
            .collect()
    }

    #[test]
    fn neighbours_in_a_row_and_what_stands_around_a_colon_are_fields() {
        assert_eq!(
            fields("发令人 | ____________ | 受令人 | 乔予安"),
            [("发令人", "____________"), ("受令人", "乔予安")]
        );
        assert_eq!(
            fields("计划开始时间 | 2026年11月17日 06时30分 | 计划结束时间 | "),
            [("计划开始时间", "2026年11月17日 06时30分"), ("计划结束时间", "")]
        );
        assert_eq!(
            fields("操作人签名：卞知行 监护人签名： 值班负责人签名：寿延龄"),
            [("操作人签名", "卞知行"), ("监护人签名", ""), ("值班负责人签名", "寿延龄")]
        );
        assert_eq!(
            fields("Guardian: ____ Date: 17 Nov 2026 06:30"),
            [("Guardian", "____"), ("Date", "17 Nov 2026 06:30")]
        );
        assert_eq!(fields("17 | 在电缆头处验电 | "), []);
        assert_eq!(
            fields("A sentence, with a comma: and more."),
            [("A sentence, with a comma", "and more.")]
        );
    }
}

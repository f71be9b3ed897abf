//! Runs of glyphs become lines and paragraphs.
//!
//! Word processors, browsers and TeX write a page's text in the order in which it is read, with
//! the lines of a column or a table cell together. So the order of the file is kept, and geometry
//! only tells where lines, blanks and paragraphs are; whether the order of the file makes sense on
//! the page is told by [`Lines::go_down`].

use std::collections::{BTreeMap, VecDeque};

/// Glyphs that were drawn together, left to right. Lengths are in points, `y` grows upwards.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) x: f32,
    /// Of the baseline.
    pub(super) y: f32,
    pub(super) width: f32,
    /// Of the font.
    pub(super) size: f32,
}

impl Run {
    fn right(&self) -> f32 {
        self.x + self.width
    }

    /// The same text once more at the same place: bold type made by drawing twice.
    fn doubles(&self, other: &Run) -> bool {
        let near = 0.25 * self.size;
        self.text == other.text && (self.x - other.x).abs() < near && (self.y - other.y).abs() < near
    }
}

/// Runs on one baseline, left to right.
struct Line {
    runs: Vec<Run>,
}

/// The lines of a page, in the order of the runs that they were made of.
pub(super) struct Lines(Vec<Line>);

impl Lines {
    pub(super) fn of(runs: Vec<Run>) -> Self {
        /// How far back a doubled run is looked for.
        const NEAR: usize = 8;

        let mut lines: Vec<Line> = Vec::new();
        let mut recent: VecDeque<Run> = VecDeque::new();
        for run in runs {
            if recent.iter().any(|other| run.doubles(other)) {
                continue;
            }
            if recent.len() == NEAR {
                recent.pop_front();
            }
            recent.push_back(run.clone());
            match lines.last_mut().and_then(|line| line.place_of(&run).map(|at| (line, at))) {
                Some((line, at)) => line.runs.insert(at, run),
                None => lines.push(Line { runs: vec![run] }),
            }
        }
        Self(lines)
    }

    /// Whether lines go down the page but for columns, cells and what stands in the margins.
    pub(super) fn go_down(&self) -> bool {
        let jumps = self
            .0
            .windows(2)
            .filter(|pair| {
                pair[1].y() > pair[0].y() + 0.5 * pair[0].size() && pair[1].left() < pair[0].right()
            })
            .count();
        jumps <= 2 + self.0.len() / 8
    }

    /// Puts a run where it stands on the page, whenever it was drawn: on a line that has room for
    /// it, or between the lines above and below.
    pub(super) fn insert(&mut self, run: Run) {
        for line in &mut self.0 {
            if let Some(at) = line.place_of(&run) {
                line.runs.insert(at, run);
                return;
            }
        }
        let below = self.0.iter().position(|line| line.y() < run.y).unwrap_or(self.0.len());
        self.0.insert(below, Line { runs: vec![run] });
    }

    /// How many characters are set in each size, in half points.
    pub(super) fn count_sizes(&self, counts: &mut BTreeMap<u32, usize>) {
        for run in self.0.iter().flat_map(|line| &line.runs) {
            *counts.entry((2.0 * run.size).round() as u32).or_default() += run.text.chars().count();
        }
    }

    /// Paragraphs in larger type than the body, with their level by how much larger.
    pub(super) fn headings(&self, body_size: f32) -> Vec<(u8, String)> {
        /// A longer paragraph in large type is a slogan.
        const HEADING_CHARS: usize = 120;

        let leading = leading(&self.0);
        let same = |above: &Line, below: &Line| !is_new_paragraph(above, below, leading);
        let mut headings = Vec::new();
        for paragraph in self.0.chunk_by(same) {
            let smallest = paragraph.iter().map(Line::size).fold(f32::MAX, f32::min);
            let level = match smallest / body_size {
                1.6.. => 1,
                1.3.. => 2,
                1.12.. => 3,
                _ => continue,
            };
            let mut text = String::new();
            for line in paragraph {
                line.write_to(&mut text);
                text.push('\n');
            }
            let is_row = text.contains('\t');
            if !is_row && text.chars().any(char::is_alphabetic) && text.chars().nth(HEADING_CHARS).is_none() {
                headings.push((level, text));
            }
        }
        headings
    }

    pub(super) fn text(&self) -> String {
        let leading = leading(&self.0);
        let mut text = String::new();
        let mut last: Option<&Line> = None;
        for line in &self.0 {
            if let Some(last) = last {
                text.push_str(if is_new_paragraph(last, line, leading) { "\n\n" } else { "\n" });
            }
            line.write_to(&mut text);
            last = Some(line);
        }
        text
    }
}

impl Line {
    fn y(&self) -> f32 {
        self.main_run().y
    }

    fn size(&self) -> f32 {
        self.main_run().size
    }

    fn left(&self) -> f32 {
        self.runs[0].x
    }

    fn right(&self) -> f32 {
        self.runs.iter().map(Run::right).fold(f32::MIN, f32::max)
    }

    /// The widest run: raised and lowered ones are short.
    fn main_run(&self) -> &Run {
        self.runs.iter().max_by(|a, b| a.width.total_cmp(&b.width)).expect("a line begins with a run")
    }

    /// Where among its runs a run belongs that stands on this line without covering what is there.
    fn place_of(&self, run: &Run) -> Option<usize> {
        let size = self.size().max(run.size);
        let offset = (run.y - self.y()).abs();
        // Raised and lowered runs are smaller and off the baseline.
        let reach = if run.size < 0.85 * self.size() || self.size() < 0.85 * run.size { 0.6 } else { 0.3 };
        if offset > reach * size {
            return None;
        }
        let at = self.runs.partition_point(|other| other.x <= run.x);
        let slack = 0.3 * size;
        let clear_left = at == 0 || self.runs[at - 1].right() <= run.x + slack;
        let clear_right = self.runs.get(at).is_none_or(|other| run.right() <= other.x + slack);
        (clear_left && clear_right).then_some(at)
    }

    fn write_to(&self, text: &mut String) {
        let mut last: Option<&Run> = None;
        for (at, run) in self.runs.iter().enumerate() {
            if let Some(last) = last {
                let blank = blank_between(last, run);
                text.push_str(if at == 1 && blank == "\t" && is_item_label(&last.text) {
                    " "
                } else {
                    blank
                });
            }
            text.push_str(&run.text);
            last = Some(run);
        }
    }
}

/// What the gap between two runs of a line stands for: nothing, a blank, or the next cell of a row.
fn blank_between(left: &Run, right: &Run) -> &'static str {
    let size = left.size.max(right.size);
    let gap = (right.x - left.right()) / size;
    if gap > 1.2 {
        return "\t";
    }
    let is_wide = |c: Option<char>| c.is_some_and(is_ideographic);
    // Type-setters put a little air between Chinese and Latin letters, and between all letters of
    // a justified Chinese line; no blank was typed there.
    let blank = match (is_wide(left.text.chars().next_back()), is_wide(right.text.chars().next())) {
        (true, true) => 0.6,
        (true, false) | (false, true) => 0.4,
        (false, false) => 0.14,
    };
    if gap > blank { " " } else { "" }
}

/// "2.5", "(a)", "3)" or a bullet: what hangs before an item and is no cell of a row.
fn is_item_label(text: &str) -> bool {
    let text = text.trim();
    let is_number = text.contains(['.', ')', '）']);
    let is_bullet = matches!(text, "•" | "▪" | "●" | "○" | "➢" | "–" | "-" | "*");
    is_bullet || (is_number && text.chars().count() <= 8 && !text.contains(' '))
}

fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// The usual distance of baselines within a paragraph, in sizes of the font.
fn leading(lines: &[Line]) -> f32 {
    let mut distances: Vec<f32> = lines
        .windows(2)
        .filter(|pair| is_same_size(&pair[0], &pair[1]))
        .map(|pair| (pair[0].y() - pair[1].y()) / pair[1].size())
        .filter(|distance| (0.8..3.0).contains(distance))
        .collect();
    distances.sort_by(f32::total_cmp);
    // Lines of a paragraph stand closer than paragraphs: the lower quarter is surely within one.
    distances.get(distances.len() / 4).copied().unwrap_or(1.25)
}

fn is_same_size(a: &Line, b: &Line) -> bool {
    (a.size() - b.size()).abs() <= 0.12 * a.size().max(b.size())
}

fn is_new_paragraph(above: &Line, below: &Line, leading: f32) -> bool {
    let distance = (above.y() - below.y()) / below.size();
    if distance < 0.0 {
        // The next cell of a row begins a few lines higher, the next column much higher.
        return !(below.left() >= above.right() && distance > -12.0);
    }
    distance > 1.22 * leading || !is_same_size(above, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of 10 points, each letter half and each ideograph one size wide.
    fn run(x: f32, y: f32, text: &str) -> Run {
        let width = text.chars().map(|c| if is_ideographic(c) { 10.0 } else { 5.0 }).sum();
        Run { text: text.to_owned(), x, y, width, size: 10.0 }
    }

    fn text(runs: &[Run]) -> String {
        Lines::of(runs.to_vec()).text()
    }

    #[test]
    fn gaps_between_words_are_blanks_and_gaps_between_letters_are_not() {
        assert_eq!(
            text(&[run(0.0, 0.0, "tra"), run(15.2, 0.0, "vel"), run(33.0, 0.0, "costs")]),
            "travel costs"
        );
    }

    #[test]
    fn air_around_chinese_is_no_blank() {
        let runs =
            [run(0.0, 0.0, "下载链接"), run(42.0, 0.0, "7"), run(49.0, 0.0, "天"), run(62.0, 0.0, "后")];
        assert_eq!(text(&runs), "下载链接7天后");
    }

    #[test]
    fn cells_of_a_row_are_parted_by_tabs_and_rows_by_line_breaks() {
        let runs = [
            run(0.0, 100.0, "City"),
            run(80.0, 100.0, "Limit"),
            run(0.0, 86.0, "Cork"),
            run(80.0, 86.0, "EUR 120"),
        ];
        assert_eq!(text(&runs), "City\tLimit\nCork\tEUR 120");
    }

    #[test]
    fn a_label_hangs_before_its_item_by_a_blank() {
        for label in ["2.5", "(a)", "•"] {
            assert_eq!(text(&[run(0.0, 0.0, label), run(60.0, 0.0, "Hotels")]), format!("{label} Hotels"));
        }
        assert_eq!(text(&[run(0.0, 0.0, "120"), run(60.0, 0.0, "Hotels")]), "120\tHotels");
    }

    #[test]
    fn a_wider_distance_is_a_new_paragraph() {
        let runs = [100.0, 88.0, 76.0, 56.0, 44.0].map(|y| run(0.0, y, "line"));
        assert_eq!(text(&runs), "line\nline\nline\n\nline\nline");
    }

    #[test]
    fn raised_runs_stay_on_their_line() {
        let note = Run { size: 6.0, ..run(20.0, 4.0, "1") };
        assert_eq!(text(&[run(0.0, 0.0, "note"), note, run(28.0, 0.0, "text")]), "note1 text");
    }

    #[test]
    fn text_drawn_twice_for_bold_is_read_once() {
        assert_eq!(text(&[run(0.0, 0.0, "bold"), run(0.3, 0.0, "bold")]), "bold");
    }

    #[test]
    fn columns_are_in_order_and_scattered_lines_are_not() {
        let column = |x: f32| (0..10).map(move |i| run(x, 100.0 - 12.0 * i as f32, "words of prose"));
        assert!(Lines::of(column(0.0).chain(column(200.0)).collect()).go_down());
        let mut scattered: Vec<Run> = column(0.0).collect();
        scattered.reverse();
        assert!(!Lines::of(scattered).go_down());
    }

    #[test]
    fn larger_type_makes_headings() {
        let set = |y: f32, size: f32, text: &str| Run { size, ..run(0.0, y, text) };
        let lines = Lines::of(vec![
            set(200.0, 18.0, "Travel"),
            set(180.0, 18.0, "policy"),
            set(150.0, 14.0, "1 Scope"),
            set(130.0, 10.0, "Who travels reads this."),
            set(118.0, 10.0, "The others too."),
        ]);
        let mut sizes = BTreeMap::new();
        lines.count_sizes(&mut sizes);
        assert_eq!(sizes, BTreeMap::from([(20, 38), (28, 7), (36, 12)]));
        let headings = lines.headings(10.0);
        assert_eq!(headings, [(1, "Travel\npolicy\n".to_owned()), (2, "1 Scope\n".to_owned())]);
    }

    #[test]
    fn a_late_run_is_put_where_it_stands() {
        let mut lines = Lines::of(vec![run(0.0, 100.0, "Name:"), run(0.0, 60.0, "Date:")]);
        lines.insert(run(40.0, 98.5, "Ada"));
        lines.insert(run(0.0, 80.0, "between"));
        assert_eq!(lines.text(), "Name:\tAda\nbetween\nDate:");
    }
}

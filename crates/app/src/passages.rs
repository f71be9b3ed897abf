//! Cutting pages into passages: along headings, sentences and rows, never across pages.

use inhouse_agent::answer::language::is_han;
use inhouse_agent::passage::{CharRange, Page};
use inhouse_record::NewPassage;
use text_splitter::{ChunkConfig, ChunkSizer, TextSplitter};

/// Size of a passage, in tokens as [`Tokens`] estimates them. Small enough that three or four
/// fit a prompt that a small model reads quickly; large enough to stand for themselves.
const PASSAGE_TOKENS: usize = 200;
/// A section smaller than this is joined with the next one.
const SECTION_TOKENS: usize = 60;

/// The passages of a page, in order; none of an empty page.
pub fn cut(page: &Page) -> Vec<NewPassage> {
    let splitter = TextSplitter::new(ChunkConfig::new(PASSAGE_TOKENS).with_sizer(Tokens));
    let text = page.text.as_str();
    let mut passages = Vec::new();
    for section in sections(page) {
        let Some(body) = section.range.of(text) else { continue };
        for chunk in splitter.chunk_char_indices(body) {
            let start = section.range.start + chunk.char_offset;
            let range = CharRange::new(start, start + chunk.chunk.chars().count());
            if chunk.chunk.chars().any(char::is_alphanumeric) {
                passages.push(NewPassage { page: page.number, range, heading: section.heading.clone() });
            }
        }
    }
    passages
}

struct Section {
    range: CharRange,
    /// The headings above its first line, outermost first.
    heading: String,
}

/// A page's parts between headings; small ones are joined with what follows on the same level or
/// below.
fn sections(page: &Page) -> Vec<Section> {
    let length = page.text.chars().count();
    let mut starts: Vec<(usize, Option<usize>)> =
        page.headings.iter().enumerate().map(|(at, heading)| (heading.range.start, Some(at))).collect();
    if starts.first().is_none_or(|(start, _)| *start > 0) {
        starts.insert(0, (0, None));
    }
    let mut sections: Vec<(Section, u8)> = Vec::new();
    for (i, (start, heading)) in starts.iter().enumerate() {
        let end = starts.get(i + 1).map_or(length, |(next, _)| *next);
        let level = heading.map_or(u8::MAX, |at| page.headings[at].level);
        let range = CharRange::new(*start, end);
        if let Some((last, last_level)) = sections.last_mut()
            && *last_level <= level
            && last.range.of(&page.text).is_some_and(|text| Tokens.size(text) < SECTION_TOKENS)
        {
            last.range.end = end;
            continue;
        }
        sections.push((Section { range, heading: above(page, *heading) }, level));
    }
    sections.into_iter().map(|(section, _)| section).collect()
}

/// The headings that stand over the one at `at`, and it itself, joined with " > ".
fn above(page: &Page, at: Option<usize>) -> String {
    let Some(at) = at else { return String::new() };
    let mut level = u8::MAX;
    let mut path: Vec<&str> = Vec::new();
    for heading in page.headings[..=at].iter().rev() {
        if heading.level < level {
            level = heading.level;
            path.extend(heading.range.of(&page.text));
        }
    }
    path.reverse();
    let tidy = |title: &&str| title.trim_start_matches('#').split_whitespace().collect::<Vec<_>>().join(" ");
    path.iter().map(tidy).filter(|title| !title.is_empty()).collect::<Vec<_>>().join(" > ")
}

/// Estimates tokens without a tokenizer, so that passages are the same whatever model is in use:
/// a Han character counts one, four other characters count one. The tokenizers in use give
/// between 0.7 and 1.1 of this.
struct Tokens;

impl ChunkSizer for Tokens {
    fn size(&self, chunk: &str) -> usize {
        let han = chunk.chars().filter(|c| is_han(*c)).count();
        let others = chunk.chars().count() - han;
        han + others.div_ceil(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inhouse_agent::passage::Heading;

    fn page(text: &str, headings: &[(&str, u8)]) -> Page {
        let headings = headings
            .iter()
            .map(|(title, level)| {
                let at = text.find(title).expect("the heading stands in the text");
                let start = text[..at].chars().count();
                Heading { level: *level, range: CharRange::new(start, start + title.chars().count()) }
            })
            .collect();
        Page { number: 3, text: text.into(), headings, sheet: None }
    }

    fn texts(page: &Page) -> Vec<String> {
        cut(page).iter().map(|p| p.range.of(&page.text).expect("within the page").to_owned()).collect()
    }

    #[test]
    fn a_passage_ends_where_a_long_enough_section_ends() {
        let body = "Employees book the cheapest fare that fits their working day. ".repeat(6);
        let text = format!("# Travel\n{body}\n## Flights\n{body}\n## Trains\n{body}");
        let page = page(&text, &[("# Travel", 1), ("## Flights", 2), ("## Trains", 2)]);
        let passages = cut(&page);
        assert_eq!(passages.len(), 3, "{:?}", texts(&page));
        assert_eq!(passages[2].heading, "Travel > Trains");
        assert!(texts(&page)[1].starts_with("## Flights"));
        assert_eq!(passages[0].page, 3);
    }

    #[test]
    fn a_long_chinese_section_is_cut_between_sentences() {
        let text = "员工出差应当事先提出申请，经部门负责人批准后方可成行。".repeat(20);
        let page = page(&text, &[]);
        let texts = texts(&page);
        assert!(texts.len() >= 3);
        assert!(texts.iter().all(|text| text.ends_with('。')), "{texts:?}");
        assert_eq!(texts.concat(), text);
    }

    #[test]
    fn an_empty_page_has_no_passages() {
        assert_eq!(cut(&page("", &[])), []);
        assert_eq!(cut(&page(" \n--\n", &[])), []);
    }
}

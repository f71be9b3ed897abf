//! Markdown: the source text as it stands, so that a quote is verbatim, with its headings found.

use std::ops::Range;

use inhouse_agent::read::ReadFailure;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::read::Give;
use crate::text::paging::{self, TextHeading};
use crate::text::readable;

/// Reads Markdown into pages as `paging` cuts them.
pub(crate) fn read(bytes: &[u8], give: Give) -> Result<(), ReadFailure> {
    let text = readable(bytes)?.replace('\u{c}', "\n");
    paging::pages(&text, &headings(&text)).into_iter().try_for_each(give)
}

/// The words of each heading, without its number signs or underline.
fn headings(text: &str) -> Vec<TextHeading> {
    let mut headings = Vec::new();
    let mut open: Option<TextHeading> = None;
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(TextHeading { level: level as u8, range: Range { start: usize::MAX, end: 0 } });
            }
            Event::End(TagEnd::Heading(_)) => {
                headings.extend(open.take().filter(|heading| heading.range.start < heading.range.end));
            }
            _ => {
                if let Some(heading) = &mut open {
                    heading.range.start = heading.range.start.min(range.start);
                    heading.range.end = heading.range.end.max(range.end);
                }
            }
        }
    }
    headings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u8, &str)> {
        headings(text).into_iter().map(|heading| (heading.level, &text[heading.range])).collect()
    }

    #[test]
    fn headings_are_found_with_their_level() {
        let text =
            "# 差旅 *制度* #\n\nbody\n\nClaims\n------\n\n```\n# no heading\n```\n> ### In a quote\n\n#\n";
        assert_eq!(found(text), [(1, "差旅 *制度*"), (2, "Claims"), (3, "In a quote")]);
    }

    #[test]
    fn metadata_at_the_start_is_no_heading() {
        assert_eq!(found("---\ntitle: x\n---\n# A\n"), [(1, "A")]);
    }

    #[test]
    fn the_text_stays_as_it_was_written() {
        let source =
            "# Title\n\nSome *text* with [a link](x.md) and `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let mut pages = Vec::new();
        read(source.as_bytes(), &mut |page| {
            pages.push(page);
            Ok(())
        })
        .expect("it is text");
        assert_eq!(pages[0].text, source.trim_end());
    }
}

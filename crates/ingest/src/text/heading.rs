//! Headings in text that has no mark-up.

use super::paging::TextHeading;

/// Longest heading, in characters: a longer line is a sentence.
const HEADING_CHARS: usize = 40;

const CHINESE_NUMBERS: &str = "零〇一二三四五六七八九十百两0123456789０１２３４５６７８９";

/// Lines that number a chapter or section and are no sentence: "第三章 差旅", "二、适用范围",
/// "Chapter 4 Claims". Numbered lines of other forms may be items of a list and are left out.
pub(crate) fn headings(text: &str) -> Vec<TextHeading> {
    let mut headings = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(level) = level(trimmed) {
            let from = start + (line.len() - line.trim_start().len());
            headings.push(TextHeading { level, range: from..from + trimmed.len() });
        }
        start += line.len();
    }
    headings
}

fn level(line: &str) -> Option<u8> {
    if line.is_empty() || line.chars().nth(HEADING_CHARS).is_some() || line.ends_with(is_sentence_end) {
        return None;
    }
    chinese_level(line).or_else(|| english_level(line))
}

fn is_sentence_end(c: char) -> bool {
    "。；，、：！？.;,:!?…·".contains(c)
}

fn chinese_level(line: &str) -> Option<u8> {
    let is_number = |c: char| CHINESE_NUMBERS.contains(c);
    if let Some(rest) = line.strip_prefix('第') {
        let unit = rest.trim_start_matches(is_number);
        let numbered = unit.len() < rest.len();
        return match unit.chars().next()? {
            '编' | '編' | '卷' | '篇' | '部' | '章' if numbered => Some(1),
            '节' | '節' if numbered => Some(2),
            _ => None,
        };
    }
    let rest = line.trim_start_matches(|c: char| is_number(c) && !c.is_ascii_digit());
    (rest.len() < line.len() && rest.starts_with('、') && rest.chars().count() > 1).then_some(2)
}

fn english_level(line: &str) -> Option<u8> {
    let (word, rest) = line.split_once(' ')?;
    let level = match word.to_ascii_lowercase().as_str() {
        "part" | "chapter" | "appendix" | "annex" => 1,
        "section" => 2,
        _ => return None,
    };
    let number = rest.split([' ', ':', '.']).next()?;
    let is_number = number.chars().all(|c| c.is_ascii_digit())
        || number.chars().all(|c| "IVXLC".contains(c))
        || (number.len() == 1 && number.chars().all(|c| c.is_ascii_uppercase()));
    (!number.is_empty() && is_number && word.starts_with(|c: char| c.is_uppercase())).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u8, &str)> {
        headings(text).into_iter().map(|heading| (heading.level, &text[heading.range])).collect()
    }

    #[test]
    fn numbered_chapters_and_sections_are_headings() {
        let text =
            "第一章 总则\n  一、适用范围\n第二节 标准\nChapter 3 Claims\nSection 3.1 Hotels\nAppendix B\n";
        assert_eq!(
            found(text),
            [
                (1, "第一章 总则"),
                (2, "一、适用范围"),
                (2, "第二节 标准"),
                (1, "Chapter 3 Claims"),
                (2, "Section 3.1 Hotels"),
                (1, "Appendix B")
            ]
        );
    }

    #[test]
    fn sentences_and_lists_are_not() {
        let text = "第一条 为规范管理，制定本办法。\n第一章的内容如下：\n1. Buy milk\nChapter and verse\npart of it\nSection I have read.\n";
        assert_eq!(found(text), []);
    }
}

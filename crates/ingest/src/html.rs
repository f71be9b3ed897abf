//! The words of a web page as they are written in mails: no layout, no scripts, one line for each block.

use mail_parser::decoders::html::add_html_token;

/// Their content is not shown.
const UNSEEN: &[&str] = &["script", "style", "template", "title"];
/// They begin and end with an empty line.
const PARAGRAPHS: &[&str] =
    &["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol", "dl", "pre"];
/// They begin and end on a line of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "body",
    "caption",
    "center",
    "dd",
    "div",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "nav",
    "option",
    "section",
    "tbody",
    "tfoot",
    "thead",
    "tr",
];
const CELLS: &[&str] = &["td", "th"];

/// Never fails: what is no markup is text, as browsers take it.
pub(crate) fn text_of(html: &str) -> String {
    let mut shown = Shown::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        shown.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            shown.text("<");
            rest = &rest[1..];
            continue;
        }
        let tag = &rest[1..tag_end(rest)];
        rest = rest.get(1 + tag.len() + 1..).unwrap_or_default();
        let (is_end, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if !is_end && UNSEEN.contains(&name.as_str()) {
            rest = behind_unseen(rest, &name);
        }
        shown.tag(&name, is_end);
    }
    shown.text(rest);
    shown.out.truncate(shown.out.trim_end().len());
    shown.out
}

/// Where the tag at the beginning ends; a `>` in a quoted attribute does not end it.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') if before == '=' => quote = Some(c),
            (None, '>') => return at,
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    // A quote that nothing closes is none.
    tag.find('>').unwrap_or(tag.len())
}

/// What stands at the end tag, or nothing, as browsers do.
fn behind_unseen<'a>(html: &'a str, name: &str) -> &'a str {
    let is_end = |at: &usize| {
        html.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    html.match_indices("</").map(|(at, _)| at).find(is_end).map_or("", |at| &html[at..])
}

#[derive(Default)]
struct Shown {
    out: String,
    has_gap: bool,
    /// Elements in which white space counts.
    kept: usize,
}

impl Shown {
    fn tag(&mut self, name: &str, is_end: bool) {
        match name {
            "br" => {
                self.has_gap = false;
                self.out.push('\n');
            }
            name if PARAGRAPHS.contains(&name) => self.lines(2),
            name if BLOCKS.contains(&name) => self.lines(1),
            name if CELLS.contains(&name) && !is_end && !self.is_at_line_start() => {
                self.has_gap = false;
                self.out.push('\t');
            }
            _ => {}
        }
        if name == "pre" {
            self.kept = if is_end { self.kept.saturating_sub(1) } else { self.kept + 1 };
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (end, is_blank) = match c {
                '&' => (entity_end(rest), false),
                c => (c.len_utf8(), matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}')),
            };
            if is_blank && self.kept == 0 {
                self.has_gap = true;
            } else {
                if self.has_gap && !self.is_at_line_start() {
                    self.out.push(' ');
                }
                self.has_gap = false;
                match &rest[..end] {
                    "&nbsp;" | "\u{a0}" => self.out.push(' '),
                    entity if end > 1 && c == '&' => add_html_token(&mut self.out, entity.as_bytes(), false),
                    plain => self.out.push_str(plain),
                }
            }
            rest = &rest[end..];
        }
    }

    /// Ends the line, with so many line ends at least.
    fn lines(&mut self, least: usize) {
        self.has_gap = false;
        self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        if !self.out.is_empty() {
            (there..least).for_each(|_| self.out.push('\n'));
        }
    }

    fn is_at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with(['\n', '\t'])
    }
}

/// The length of the entity at the beginning; 1 for an ampersand that begins none.
fn entity_end(text: &str) -> usize {
    /// The longest name of HTML has 31 letters.
    const LONGEST: usize = 33;

    let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'#';
    let name = text.bytes().skip(1).take(LONGEST).take_while(|c| is_name(*c)).count();
    if name > 0 && text.as_bytes().get(1 + name) == Some(&b';') { name + 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lines_and_paragraphs_stand_apart() {
        assert_eq!(text_of("<div>一</div><div>二 <b>三</b>四</div>x<br/>y"), "一\n二 三四\nx\ny");
        assert_eq!(text_of("<p>a</p>\n <p class='x>y'>b</p><ul><li>c<li>d</ul>e"), "a\n\nb\n\nc\nd\n\ne");
        assert_eq!(text_of("a\n  b\t<i>c</i> d"), "a b c d");
    }

    #[test]
    fn cells_are_parted() {
        let table =
            "<table><tr><td>名称</td><td>金额</td></tr> <tr> <th>甲</th>\n<td>1,200</td></tr></table>";
        assert_eq!(text_of(table), "名称\t金额\n甲\t1,200");
    }

    #[test]
    fn what_is_not_shown_is_left_out() {
        let html = "<html><head><title>t</title><STYLE>p{}</p></STYLE></head><body><!-- <p>x</p> --><script>if(a<b)</script>y</body>";
        assert_eq!(text_of(html), "y");
        assert_eq!(text_of("a<style>b"), "a");
        assert_eq!(text_of("a<!-- b"), "a");
    }

    #[test]
    fn entities_are_characters_and_other_signs_are_themselves() {
        assert_eq!(text_of("a&amp;b&lt;c&#21512;&#x540C;&nbsp;d &copy; x"), "a&b<c合同 d © x");
        assert_eq!(
            text_of("a & b; 1 < 2 &unknown; &; AT&T &#1114112;"),
            "a & b; 1 < 2 &unknown; &; AT&T \u{fffd}"
        );
        assert_eq!(text_of("a <3 b <"), "a <3 b <");
        assert_eq!(text_of("<a href=\"x"), "");
    }

    #[test]
    fn preformatted_text_keeps_its_lines() {
        assert_eq!(text_of("<pre>a\n  b\n\nc</pre> d"), "a\n  b\n\nc\n\nd");
    }

    #[test]
    fn a_page_of_nothing_but_openings_takes_no_longer() {
        for opening in ["<", "<a ", "<a b=\"", "<!--", "<style>", "</style", "&", "&amp", "<pre>", "<p> "] {
            let start = std::time::Instant::now();
            text_of(&opening.repeat(1_000_000 / opening.len()));
            assert!(start.elapsed().as_secs() < 20, "{opening}");
        }
    }
}

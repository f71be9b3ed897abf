//! What layout programs put between the letters, taken out again.

use unicode_normalization::UnicodeNormalization;

use super::symbol::symbol;

/// The text as a person reads it: no control or zero-width characters, ligatures and
/// compatibility forms of Chinese characters written as the letters that people type and search,
/// one space where there are several, no blanks at line ends, one blank line where there are
/// several. Tabs stay, since they part columns; a hyphen at a line end stays.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut newlines = 2;
    let mut gap: Option<char> = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                gap = None;
                if newlines < 2 {
                    tidy.push('\n');
                }
                newlines += 1;
            }
            '\t' => gap = Some('\t'),
            c if c.is_whitespace() && c != '\u{3000}' => gap = gap.or(Some(' ')),
            c if is_invisible(c) => {}
            c => {
                if newlines == 0
                    && let Some(blank) = gap
                {
                    tidy.push(blank);
                }
                (newlines, gap) = (0, None);
                push(c, &mut tidy);
            }
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

fn push(c: char, tidy: &mut String) {
    match c {
        // Latin ligatures, Chinese radicals and compatibility ideographs: PDF writers use these
        // where the author typed plain letters.
        '\u{fb00}'..='\u{fb06}' | '\u{2e80}'..='\u{2fd5}' | '\u{f900}'..='\u{faff}' => {
            tidy.extend(std::iter::once(c).nfkc());
        }
        c => tidy.push(symbol(c, "")),
    }
}

/// Soft hyphens, zero-width spaces and marks, and control characters. Joiners stay: some scripts are
/// spelt with them.
fn is_invisible(c: char) -> bool {
    match c {
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ligatures_and_radicals_become_the_letters_that_people_type() {
        assert_eq!(tidy("e\u{fb03}cient \u{fb01}le"), "efficient file");
        assert_eq!(tidy("\u{2f64}户\u{f9b4}"), "用户領");
        assert_eq!(tidy("Ｎｏ．１　表"), "Ｎｏ．１　表");
    }

    #[test]
    fn soft_hyphens_and_control_characters_go() {
        assert_eq!(tidy("reim\u{ad}burse\u{7}ment\u{200b}"), "reimbursement");
        assert_eq!(tidy("\u{f0b7} item\u{e123}"), "• item\u{fffd}");
    }

    #[test]
    fn blanks_are_one_and_paragraphs_stay_apart() {
        assert_eq!(tidy("  a \u{a0} b  \r\n\n \n\nc\td  \n"), "a b\n\nc\td");
        assert_eq!(tidy("well-\nknown"), "well-\nknown");
        assert_eq!(tidy(" \n \n"), "");
    }
}

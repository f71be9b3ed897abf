//! Symbol fonts, whose characters stand at private code points.

/// The Symbol font from 0x20 and from 0xA0 (Adobe Symbol encoding); U+FFFD where it has nothing.
const SYMBOL_LOW: &str =
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
const SYMBOL_HIGH: &str = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\u{fffd}〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";

/// The character that a reader sees. One that no table knows becomes U+FFFD: leaving it out could
/// make grams of micrograms.
pub(crate) fn symbol(c: char, font: &str) -> char {
    let code = match c {
        '\u{f020}'..='\u{f0ff}' => c as u32 - 0xf000,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => return char::REPLACEMENT_CHARACTER,
        _ => return c,
    };
    let is_symbol = font.to_ascii_lowercase().contains("symbol");
    let known = if is_symbol { symbol_font(code) } else { common(code) };
    known.unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn symbol_font(code: u32) -> Option<char> {
    let (table, first) = if code < 0xa0 { (SYMBOL_LOW, 0x20) } else { (SYMBOL_HIGH, 0xa0) };
    table.chars().nth((code - first) as usize)
}

/// Bullets, boxes and arrows of Wingdings, which also stand for the font that nobody names.
fn common(code: u32) -> Option<char> {
    Some(match code {
        0xb7 => '•',
        0x6c => '●',
        0x6e | 0xa7 => '▪',
        0x76 | 0xd8 => '➢',
        0x4a => '☺',
        0xdf => '←',
        0xe0 | 0xe8 => '→',
        0xfc => '✓',
        0xfb => '✗',
        0xfe => '☑',
        0xfd => '☒',
        0x6f | 0x71 | 0xa3 | 0xa8 => '☐',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greek_letters_of_the_symbol_font_are_read() {
        assert_eq!(['\u{f06d}', '\u{f0a3}', '\u{f0e5}'].map(|c| symbol(c, "SymbolMT")), ['μ', '≤', '∑']);
        assert_eq!((SYMBOL_LOW.chars().count(), SYMBOL_HIGH.chars().count()), (95, 95));
    }

    #[test]
    fn what_is_unknown_stays_visible() {
        assert_eq!(symbol('\u{f0b7}', "Wingdings"), '•');
        assert_eq!(symbol('\u{f023}', "Wingdings"), '\u{fffd}');
        assert_eq!(symbol('\u{e123}', "Symbol"), '\u{fffd}');
        assert_eq!(symbol('μ', "Symbol"), 'μ');
    }
}

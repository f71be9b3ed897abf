//! Characters that need more than a glyph each.

/// Whether the letters around it join, stack or run from the right, so that a glyph for each
/// character, one after the other, would be read wrongly.
pub(super) fn is_shaped(c: char) -> bool {
    matches!(c,
        // Hebrew, Arabic and their neighbours; the scripts of India, Tibet and South-East Asia.
        '\u{590}'..='\u{109f}'
        // From Philippine scripts and Khmer to Mongolian, and from Limbu to Balinese and Lepcha.
        | '\u{1700}'..='\u{18af}'
        | '\u{1900}'..='\u{1c7f}'
        | '\u{1cc0}'..='\u{1cff}'
        | '\u{a800}'..='\u{a95f}'
        | '\u{a980}'..='\u{abff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{12fff}'
        | '\u{1e800}'..='\u{1eeff}')
        || unicode_normalization::char::is_combining_mark(c)
}

/// Whether it asks for no ink and no room: marks of direction and of joining, selectors of variants,
/// places for a hyphen (Unicode, `Default_Ignorable_Code_Point`, as far as texts have them).
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// How wide a space is that a font may lack, in ems (The Unicode Standard, section 6.2).
pub(super) fn space(c: char) -> Option<f32> {
    match c {
        '\u{a0}' | '\u{1680}' => Some(0.25),
        '\u{2000}' | '\u{2002}' => Some(0.5),
        '\u{2001}' | '\u{2003}' | '\u{3000}' => Some(1.0),
        '\u{2004}' => Some(1.0 / 3.0),
        '\u{2005}' => Some(0.25),
        '\u{2006}' => Some(1.0 / 6.0),
        '\u{2007}' => Some(0.5),
        '\u{2008}' => Some(0.25),
        '\u{2009}' | '\u{202f}' => Some(0.2),
        '\u{200a}' => Some(0.1),
        '\u{205f}' => Some(4.0 / 18.0),
        _ => None,
    }
}

/// Punctuation that both writings have, as wide as a Han character in Chinese.
pub(super) fn is_of_both(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’' | '…' | '—' | '·')
}

/// What looks the same when a font has no glyph of its own for it.
pub(super) fn stand_in(c: char) -> Option<char> {
    match c {
        '\u{2010}' | '\u{2011}' => Some('-'),
        '\u{2012}' | '\u{2015}' => Some('—'),
        char::REPLACEMENT_CHARACTER => Some('?'),
        '•' | '\u{2219}' | '\u{30fb}' => Some('·'),
        _ => None,
    }
}

//! The text within a run of WordprocessingML.

use quick_xml::escape::partial_escape;

/// Writes elements of text, with breaks for the ends of lines and tabs for tabs. `prefix`: that of
/// WordprocessingML with its colon, or nothing. `text` is clean.
pub(super) fn push_text(out: &mut String, prefix: &str, text: &str) {
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push_str(&format!("<{prefix}br/>"));
        }
        for (at, part) in line.split('\t').enumerate() {
            if at > 0 {
                out.push_str(&format!("<{prefix}tab/>"));
            }
            if !part.is_empty() {
                let part = partial_escape(part);
                out.push_str(&format!(r#"<{prefix}t xml:space="preserve">{part}</{prefix}t>"#));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_and_tabs_are_elements_and_markup_is_text() {
        let mut out = String::new();
        push_text(&mut out, "w:", "a<\n\t]]>&");
        assert_eq!(
            out,
            r#"<w:t xml:space="preserve">a&lt;</w:t><w:br/><w:tab/><w:t xml:space="preserve">]]&gt;&amp;</w:t>"#
        );
    }
}

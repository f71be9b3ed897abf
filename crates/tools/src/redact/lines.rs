//! Texts of pages, whose lines end where the page has no more room.

use super::find;

/// The text with the ends of lines taken out that something personal runs over, such as a long number at
/// the margin of a page; between Latin words a space takes their place.
pub fn unbroken(text: &str, names: &[String]) -> String {
    let joined = without(text, names, "");
    without(&joined, names, " ")
}

/// Whether something personal runs over from the last line of a page to the first of the next.
pub fn runs_over(page: &str, next: &str, names: &[String]) -> bool {
    let last = page.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let first = next.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    ["", " "].iter().any(|gap| {
        let (end, start) = (last.len(), last.len() + gap.len());
        let found = find(&format!("{last}{gap}{first}"), names);
        found.iter().any(|found| found.range.start < end && start < found.range.end)
    })
}

/// Lines are joined with `gap` where that makes a finding of what stands on both.
fn without(text: &str, names: &[String], gap: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let joined = lines.join(gap);
    let found = find(&joined, names);
    let mut put = String::with_capacity(text.len());
    let mut at = 0;
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            let (end, start) = (at, at + gap.len());
            let is_within = found.iter().any(|found| found.range.start < end && start < found.range.end);
            put.push_str(if is_within { gap } else { "\n" });
            at = start;
        }
        put.push_str(line);
        at += line.len();
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_over_to_the_next_page_is_seen() {
        let names = ["Anna Berg".to_owned()];
        let over = |page, next| runs_over(page, next, &names);
        assert!(over("身份证号11010519491\n\n", "\n231002X，无锡"));
        assert!(over("Signed by Anna", "Berg in Vienna"));
        assert!(!over("Signed by Anna Berg", "in Vienna"));
        assert!(!over("电话13812345678。", "第二页") && !over("", "Anna Berg") && !over("Anna Berg", ""));
    }

    #[test]
    fn what_runs_over_the_end_of_a_line_is_joined_and_nothing_else() {
        let names = ["Anna Berg".to_owned(), "欧阳明月".to_owned()];
        let text = "经办人欧阳\n明月，身份证号11010519491\n231002X，联系\n电话13812\n345678。\n\nSigned by Anna\nBerg in Vienna\non 3 May.";
        assert_eq!(
            unbroken(text, &names),
            "经办人欧阳明月，身份证号11010519491231002X，联系\n电话13812345678。\n\nSigned by Anna Berg in Vienna\non 3 May."
        );
    }
}

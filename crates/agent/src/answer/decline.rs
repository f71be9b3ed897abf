//! Telling an answer from "it is not there".

/// Whether the model said that the passages do not hold the answer, in the words that it was given
/// or in the ones that models use on their own.
pub fn says_not_found(written: &str) -> bool {
    let text = written.trim();
    if text.is_empty() {
        return true;
    }
    let lower = text.to_lowercase();
    let phrases = include_str!("../../prompts/declined.txt");
    phrases.lines().map(str::trim).filter(|line| !line.is_empty()).any(|phrase| lower.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_in_both_languages_are_recognised() {
        for text in [
            "NOT FOUND",
            "Not found.",
            "未找到",
            "段落中没有提到这一点。",
            "The passages do not mention pets. [1]",
            " ",
        ] {
            assert!(says_not_found(text), "{text}");
        }
        for text in ["Meals are not reimbursed without a receipt. [2]", "不得报销酒水。[1]"] {
            assert!(!says_not_found(text), "{text}");
        }
    }
}

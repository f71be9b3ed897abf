//! How much a question asks for: one thing, which stands in one place as a rule, or many.

use crate::answer::Language;

/// Words of questions that ask for a list, for all of something, or how things compare.
const ENGLISH: [&str; 16] = [
    "all",
    "each",
    "every",
    "list",
    "compare",
    "compared",
    "comparison",
    "difference",
    "differences",
    "versus",
    "vs",
    "summarise",
    "summarize",
    "summary",
    "overview",
    "respectively",
];
const CHINESE: [&str; 15] = [
    "哪些", "所有", "全部", "各自", "分别", "列出", "列举", "比较", "对比", "相比", "区别", "异同", "总结",
    "概括", "汇总",
];

/// Whether a question asks for more than one thing, so that one passage will hardly do.
pub fn asks_for_many(question: &str) -> bool {
    match Language::of(question) {
        Language::English => {
            let words = question.split(|c: char| !c.is_alphanumeric());
            words.into_iter().any(|word| ENGLISH.iter().any(|many| word.eq_ignore_ascii_case(many)))
        }
        Language::Chinese => CHINESE.iter().any(|many| question.contains(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_for_one_thing_are_told_from_those_for_many() {
        for one in ["What is the limit for a hotel in Vienna?", "Who calls the lister?", "餐费补助是多少？"]
        {
            assert!(!asks_for_many(one), "{one}");
        }
        for many in [
            "List the hotel limits.",
            "What does each city allow?",
            "出差有哪些补助？",
            "两份合同有什么区别？",
        ] {
            assert!(asks_for_many(many), "{many}");
        }
    }
}

//! Questions that lean on the one before them, and how they are restated to stand alone.
//!
//! Rules tell which questions lean; the model restates them, and what it writes is taken only when its
//! words are those of the conversation. Otherwise both questions are put one behind the other.

use crate::answer::Language;
use crate::answer::terms::Terms;
use crate::chat::Message;

/// Characters of the answer before that are shown to the model: enough for the names in it.
const ANSWER: usize = 300;
/// Characters that a restated question may have, and a question that leans: who says more says enough.
const LONGEST: usize = 300;
/// Share of a restated question's words that the conversation must have. Chinese is compared in pairs of
/// characters, and wherever two pieces are joined there is a new pair.
const KNOWN: f32 = 0.75;
const KNOWN_CHINESE: f32 = 0.6;
/// Share of the question's own words that must still be there.
const KEPT: f32 = 0.5;

/// What was asked before in a conversation, as it was understood, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub question: String,
    /// Empty when there was no answer.
    pub answer: String,
}

/// Whether a question can hardly be understood without what was asked before it.
pub fn leans(question: &str) -> bool {
    question.chars().count() <= LONGEST && (leaves_out(question) || points_back(question))
}

/// Most of what is asked was said before: "And in Paris?", "Why?".
fn leaves_out(question: &str) -> bool {
    match Language::of(question) {
        Language::English => leaves_out_in_english(question),
        Language::Chinese => leaves_out_in_chinese(question),
    }
}

/// It has a word that stands for something that was named before; maybe in the question itself.
fn points_back(question: &str) -> bool {
    match Language::of(question) {
        Language::English => points_back_in_english(question),
        Language::Chinese => points_back_in_chinese(question),
    }
}

/// What the model is given to restate a question; it answers with one line. The first message is the same
/// for all questions of a language.
pub fn restating(before: &Exchange, question: &str) -> Vec<Message> {
    let asked: String = before.question.chars().take(LONGEST).collect();
    let answer: String = before.answer.chars().take(ANSWER).collect();
    let [asked, answer, next] = [&asked, &answer, question].map(one_line);
    let (rules, said) = match Language::of(question) {
        Language::English => (
            include_str!("../../prompts/restate.en.txt"),
            format!("Question: {asked}\nAnswer: {answer}\nNext question: {next}\nRewritten:"),
        ),
        Language::Chinese => (
            include_str!("../../prompts/restate.zh.txt"),
            format!("问题：{asked}\n回答：{answer}\n下一个问题：{next}\n改写："),
        ),
    };
    vec![Message::system(rules.trim_end()), Message::user(said)]
}

/// The question as it stands alone: what the model wrote, when it is faithful, else both questions, or the
/// question as it is when both are long: in a long conversation they would grow without end.
pub fn restated(before: &Exchange, question: &str, written: &str) -> String {
    let line = written.trim().lines().next().unwrap_or_default();
    let line =
        ["Rewritten:", "改写："].iter().fold(line, |line, label| line.strip_prefix(label).unwrap_or(line));
    let line = line.trim().trim_matches(['"', '“', '”']);
    if is_faithful(before, question, line) {
        return line.to_owned();
    }
    let gap = if Language::of(question) == Language::Chinese { "" } else { " " };
    let both = format!("{}{gap}{}", one_line(&before.question), one_line(question));
    if both.chars().count() <= LONGEST { both } else { question.to_owned() }
}

fn is_faithful(before: &Exchange, question: &str, line: &str) -> bool {
    let is_new = one_line(line) != one_line(&before.question);
    if line.is_empty() || line.chars().count() > LONGEST || !is_new || leaves_out(line) {
        return false;
    }
    let known = Terms::of(&format!("{}\n{}\n{question}", before.question, before.answer));
    let (said, own) = (Terms::of(line), Terms::of(question));
    let least = if Language::of(question) == Language::Chinese { KNOWN_CHINESE } else { KNOWN };
    said.numbers.is_subset(&known.numbers)
        && own.numbers.is_subset(&said.numbers)
        && said.recall_in(&known) >= least
        && own.recall_in(&said) >= KEPT
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words that a question begins with when it goes on.
const GOES_ON: &[&str] = &["and", "or", "but", "so", "then", "also", "ok"];
const GOES_ON_ABOUT: &[&str] = &["what about ", "how about ", "same for "];
/// They stand for somebody or something that was named; maybe in the question itself.
const PRONOUNS: &[&str] =
    &["it", "its", "they", "them", "their", "theirs", "he", "him", "his", "she", "her", "hers", "themselves"];
/// They point at what was said.
const POINTING: &[&str] = &["this", "these", "those", "same", "former", "latter", "else", "ones"];
/// Words behind which "that" points, and does not join.
const BEFORE_THAT: &[&str] = &[
    "do", "does", "did", "is", "was", "of", "after", "before", "by", "about", "for", "than", "like", "to",
    "with", "from", "in",
];
/// What asks for the meaning of one word stands alone.
const DEFINES: &[&str] =
    &["what is ", "what are ", "what does ", "who is ", "who was ", "define ", "explain ", "summari"];

fn leaves_out_in_english(question: &str) -> bool {
    let lower = question.trim().to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if GOES_ON.contains(&first) || GOES_ON_ABOUT.iter().any(|opening| lower.starts_with(opening)) {
        return true;
    }
    let terms = Terms::of(question);
    let is_short = terms.words.len() + terms.numbers.len() <= 1;
    is_short && !DEFINES.iter().any(|opening| lower.starts_with(opening))
}

fn points_back_in_english(question: &str) -> bool {
    let words: Vec<&str> =
        question.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let is_any = |word: &str, of: &[&str]| of.iter().any(|one| word.eq_ignore_ascii_case(one));
    let mut has_name = false;
    for (at, word) in words.iter().enumerate() {
        let is_last = at + 1 == words.len();
        let is_that = is_any(word, &["that"]) && (is_last || at > 0 && is_any(words[at - 1], BEFORE_THAT));
        let is_place = is_last && at > 0 && is_any(word, &["there", "then"]);
        let is_pronoun = !has_name && is_any(word, PRONOUNS);
        if is_that || is_place || is_pronoun || is_any(word, POINTING) {
            return true;
        }
        has_name |= at > 0 && word.starts_with(char::is_uppercase) && *word != "I";
    }
    false
}

const CHINESE_GOES_ON: &[&str] = &["那", "还有", "以及", "另外", "此外", "其中", "而", "然后", "接着"];
/// Each with what it is a part of when it does not point.
const CHINESE_POINTING: &[(&str, &[&str])] = &[
    ("它", &["其它"]),
    ("他", &["其他", "吉他", "他国"]),
    ("她", &[]),
    ("这", &[]),
    ("该", &["应该"]),
    ("为此", &["因为此"]),
    ("对此", &[]),
    ("此人", &[]),
    ("此事", &[]),
    ("同样", &[]),
    ("那个", &[]),
    ("那些", &[]),
    ("那里", &[]),
    ("上述", &[]),
    ("前者", &[]),
    ("后者", &[]),
];
/// What a question has besides what it asks of.
const CHINESE_ASKING: &[&str] = &[
    "什么时候",
    "为什么",
    "怎么样",
    "怎么",
    "什么",
    "多少",
    "多久",
    "多长",
    "多大",
    "多高",
    "哪里",
    "哪儿",
    "哪",
    "谁",
    "几",
    "何时",
    "何处",
    "吗",
    "呢",
    "的",
    "是",
    "请问",
];

fn leaves_out_in_chinese(question: &str) -> bool {
    let asked = question.trim().trim_end_matches(['？', '?', '。', ' ']);
    if CHINESE_GOES_ON.iter().any(|opening| asked.starts_with(opening)) || asked.ends_with('呢') {
        return true;
    }
    let rest = CHINESE_ASKING.iter().fold(asked.to_owned(), |text, word| text.replace(word, ""));
    let is_short = rest.chars().filter(|c| c.is_alphanumeric()).count() < 3;
    is_short && !asked.starts_with("什么是")
}

fn points_back_in_chinese(question: &str) -> bool {
    CHINESE_POINTING.iter().any(|(word, parts)| {
        parts.iter().fold(question.to_owned(), |text, part| text.replace(part, "")).contains(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_lean_are_told_from_those_that_stand_alone() {
        for leaning in [
            "And in Paris?",
            "What about meals?",
            "How much?",
            "Why?",
            "In 2019?",
            "Who signed it?",
            "What does that cost?",
            "Who lives there?",
            "What else is paid?",
            "When did she join the company?",
            "Is the limit in Berlin the same?",
            "那巴黎呢？",
            "餐费呢？",
            "多少钱？",
            "为什么？",
            "谁签的？",
            "它有多重？",
            "这个规定什么时候生效？",
            "王敏之后，他们换了谁？",
            "该机构负责什么？",
            "有多少人为此签名？",
        ] {
            assert!(leans(leaning), "{leaning}");
        }
        for alone in [
            "What may a hotel in Vienna cost?",
            "What is photosynthesis?",
            "When did Tesla move to his lab?",
            "Who first sent radio waves across the Atlantic?",
            "Is there a rule that limits gifts?",
            "How many points did the Panthers defense surrender?",
            "维也纳的酒店每晚最多多少钱？",
            "其他城市的住宿标准是多少？",
            "员工应该何时提交报销单？",
            "什么是熵？",
            "截止日期是哪天？",
        ] {
            assert!(!leans(alone), "{alone}");
        }
    }

    #[test]
    fn a_restated_question_has_the_words_of_the_conversation_or_is_both_questions() {
        let before = Exchange {
            question: "What may a hotel in Vienna cost?".into(),
            answer: "A night may cost EUR 140.".into(),
        };
        let take = |written| restated(&before, "And in Paris?", written);
        let both = "What may a hotel in Vienna cost? And in Paris?";
        assert_eq!(take(" What may a hotel in Paris cost?\n"), "What may a hotel in Paris cost?");
        assert_eq!(take("Rewritten: \"What may a hotel in Paris cost?\""), "What may a hotel in Paris cost?");
        // Paris is gone; a year and a club come from nowhere; nothing was written.
        assert_eq!(take("What may a hotel in Vienna cost?"), both);
        assert_eq!(take("What may a hotel in Paris cost in 2023?"), both);
        assert_eq!(take("Which football club of Paris won the championship cup?"), both);
        assert_eq!(take(""), both);
        let long = Exchange { question: "Which hotel? ".repeat(25), answer: String::new() };
        assert_eq!(restated(&long, "And in Paris?", ""), "And in Paris?");
        assert!(!leans(&"And in Paris? ".repeat(25)));
        // It still says too little.
        assert_eq!(take("And in Paris?"), both);

        let before = Exchange {
            question: "维也纳的酒店每晚最多多少钱？".into(),
            answer: "每晚最多140欧元。".into(),
        };
        let take = |written| restated(&before, "那巴黎呢？", written);
        assert_eq!(take("巴黎的酒店每晚最多多少钱？"), "巴黎的酒店每晚最多多少钱？");
        assert_eq!(take("巴黎有哪些著名的博物馆？"), "维也纳的酒店每晚最多多少钱？那巴黎呢？");
    }

    #[test]
    fn the_model_sees_what_was_asked_and_answered_in_the_language_of_the_question() {
        let before = Exchange { question: "Who\nsigned?".into(), answer: "x".repeat(400) };
        let messages = restating(&before, "And when?");
        assert!(messages[0].content.starts_with("You rewrite"));
        let said = format!(
            "Question: Who signed?\nAnswer: {}\nNext question: And when?\nRewritten:",
            "x".repeat(300)
        );
        assert_eq!(messages[1].content, said);
        assert!(
            restating(&before, "那什么时候呢？")[1].content.ends_with("下一个问题：那什么时候呢？\n改写：")
        );
    }
}

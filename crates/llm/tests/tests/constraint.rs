//! Answers keep to their rule, whatever the model would rather say.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{
    ChatModel, ChatRequest, Completion, Constraint, Finish, Message, ModelError, Priority, Sampling,
};
use inhouse_llm::{LoadOptions, LocalChat};
use serde_json::{Value, json};

use super::model;

fn small() -> LocalChat {
    static MODEL: OnceLock<LocalChat> = OnceLock::new();
    MODEL
        .get_or_init(|| {
            let path = model("smollm2-135m-instruct-q4_1.gguf");
            let options = LoadOptions {
                id: "small".into(),
                path,
                context_limit: Some(1024),
                memory_limit: None,
                drafts: true,
                snapshots: None,
                pinned: None,
            };
            LocalChat::load(options).unwrap()
        })
        .clone()
}

fn request(question: &str, constraint: Constraint, seed: u64) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::user(question)],
        common: 0,
        priority: Priority::Background,
        max_tokens: 200,
        // Hot, so that what is not allowed would come soon.
        sampling: Sampling { temperature: 1.5, seed, ..Sampling::default() },
        stop: Vec::new(),
        constraint: Some(constraint),
    }
}

fn answer(question: &str, constraint: Constraint, seed: u64) -> Completion {
    small().complete(&request(question, constraint, seed), &Cancel::new(), &mut |_| {}).unwrap()
}

#[test]
fn json_keeps_to_its_schema() {
    let schema = json!({
        "type": "object",
        "properties": {
            "tool": {"enum": ["search", "calculate", "read_page"]},
            "page": {"type": "integer", "minimum": 1, "maximum": 40},
            "query": {"type": "string", "maxLength": 20},
            "urgent": {"type": "boolean"},
        },
        "required": ["tool", "page", "query", "urgent"],
        "additionalProperties": false,
    });
    let mut tools = BTreeSet::new();
    for seed in 0..8 {
        let said = answer("Call a tool.", Constraint::Json { schema: schema.to_string() }, seed);
        assert_eq!(said.finish, Finish::Stop, "{}", said.text);
        let value: Value = serde_json::from_str(&said.text).unwrap();
        tools.insert(value["tool"].as_str().unwrap().to_owned());
        assert!((1..=40).contains(&value["page"].as_i64().unwrap()), "{value}");
        assert!(value["query"].as_str().unwrap().chars().count() <= 20, "{value}");
        assert!(value["urgent"].is_boolean() && value.as_object().unwrap().len() == 4, "{value}");
    }
    assert!(tools.is_subset(&["search", "calculate", "read_page"].map(str::to_owned).into()), "{tools:?}");
    assert!(tools.len() > 1, "the model does not choose: {tools:?}");
}

#[test]
fn a_regular_expression_is_matched_as_a_whole() {
    for seed in 0..4 {
        let rule = Constraint::Regex(r"20[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9]".into());
        let said = answer("When was it?", rule, seed);
        assert_eq!((said.finish, said.text.len()), (Finish::Stop, 10), "{}", said.text);
        let parts: Vec<u32> = said.text.split('-').map(|part| part.parse().unwrap()).collect();
        assert!(parts[0] / 100 == 20 && (1..=12).contains(&parts[1]) && parts[2] < 40, "{}", said.text);
    }
}

#[test]
fn one_of_several_texts_is_written_and_nothing_else() {
    let texts = ["yes", "no", "not in the documents", "说不清 \"x\""].map(str::to_owned);
    for seed in 0..6 {
        let said = answer("Is water wet?", Constraint::OneOf(texts.to_vec()), seed);
        assert!(texts.contains(&said.text), "{:?}", said.text);
        assert_eq!(said.finish, Finish::Stop);
    }
}

#[test]
fn a_quote_stands_in_its_text_to_the_letter() {
    let english = "3.7 A private car may be used when public transport would take more than twice as long.\n\
                   The company pays EUR 0.43 per kilometre, and \"tolls\" on top.";
    let chinese = "第三条 自驾车出差，每公里补贴0.43元；过路费凭发票报销。";
    for text in [english, chinese] {
        for seed in 0..6 {
            let said = answer(&format!("Quote: {text}"), Constraint::Quote { of: text.into() }, seed);
            assert!(!said.text.is_empty() && text.contains(&said.text), "{:?}", said.text);
            assert_eq!(said.finish, Finish::Stop);
        }
    }
}

#[test]
fn an_answer_that_was_cut_says_so() {
    let schema = json!({"type": "array", "items": {"type": "integer"}, "minItems": 50}).to_string();
    let mut request = request("Count.", Constraint::Json { schema }, 1);
    request.max_tokens = 20;
    let said = small().complete(&request, &Cancel::new(), &mut |_| {}).unwrap();
    assert_eq!((said.finish, said.answer_tokens), (Finish::Length, 20));
}

#[test]
fn what_is_forced_costs_no_choice_but_counts() {
    let text = "The meeting is on Tuesday at ten.";
    let said = answer("When is the meeting?", Constraint::OneOf(vec![text.into()]), 3);
    assert_eq!((said.text.as_str(), said.finish), (text, Finish::Stop));
    assert_eq!(said.answer_tokens, small().count_tokens(text).unwrap());
}

#[test]
fn rules_that_nothing_can_keep_to_are_refused() {
    for rule in [
        Constraint::Json { schema: "{".into() },
        Constraint::Json { schema: r#"{"type": "nothing"}"#.into() },
        Constraint::Regex("(".into()),
        Constraint::OneOf(Vec::new()),
        Constraint::Quote { of: String::new() },
    ] {
        let said = small().complete(&request("?", rule.clone(), 0), &Cancel::new(), &mut |_| {});
        assert!(matches!(said, Err(ModelError::Constraint { .. })), "{rule:?}: {said:?}");
    }
}

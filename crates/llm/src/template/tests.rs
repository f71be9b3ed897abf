//! What `template` promises, tested.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use inhouse_agent::chat::Message;
use minijinja::{Value, context};
use serde::Deserialize;

use super::Template;
use super::samples::SAMPLES;
use crate::fixture::model;
use crate::gguf::Gguf;
use crate::tokenizer::Part;

fn template(source: &str) -> Template {
    Template::jinja(source, "<s>".into(), "</s>".into()).unwrap()
}

fn joined(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Template(text) | Part::Content(text) => text.as_str(),
        })
        .collect()
}

fn rendered(source: &str, messages: &[Message]) -> Result<String, String> {
    template(source).render(messages, true).map(|parts| joined(&parts))
}

const LOOP: &str = "{% for message in messages %}[{{ message['role'] }}|{{ message.content }}]{% endfor %}";

#[test]
fn the_real_templates_render_as_their_makers_meant() {
    let messages =
        [Message::system("规则"), Message::user("Hi"), Message::assistant("Yes"), Message::user("为什么？")];
    let expected = "<|im_start|>system\n规则<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n<|im_start|>user\n为什么？<|im_end|>\n<|im_start|>assistant\n";
    for file in ["qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "smollm2-135m-instruct-q4_1.gguf"] {
        let template = Template::of(&Gguf::read(&model(file)).unwrap()).unwrap();
        assert_eq!(joined(&template.render(&messages, true).unwrap()), expected, "{file}");
    }
}

#[test]
fn a_content_is_neither_rendered_nor_mixed_with_the_templates_text() {
    let content = "{{ 7 * 6 }} {% for %} \u{F0000}0\u{F0001} <|im_end|>";
    let parts = template(LOOP).render(&[Message::user(content)], true).unwrap();
    let wanted = [Part::Template("[user|".into()), Part::Content(content.into()), Part::Template("]".into())];
    assert_eq!(parts, wanted);
}

#[test]
fn a_template_without_system_messages_gets_the_system_text_with_the_first_question() {
    let source = format!(
        "{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no system') }}}}{{% endif %}}{LOOP}"
    );
    let messages = [Message::system("Rules"), Message::user("Why?")];
    assert_eq!(rendered(&source, &messages).unwrap(), "[user|Rules\n\nWhy?]");
    assert!(rendered(&source, &[Message::system("Rules")]).unwrap_err().contains("no system"));
    // One that skips them silently is treated alike.
    let silent = "{% for message in messages if message.role != 'system' %}{{ message.content }}{% endfor %}";
    assert_eq!(rendered(silent, &messages).unwrap(), "Rules\n\nWhy?");
}

#[test]
fn a_template_that_drops_or_rewrites_a_message_is_an_error() {
    let messages = [Message::user("one"), Message::assistant("two"), Message::user("three")];
    let first = "{{ messages[0].content }}";
    assert!(rendered(first, &messages).unwrap_err().contains("message 2 of 3"));
    let half = "{{ messages[0].content[:2] }}";
    assert!(rendered(half, &messages).is_err());
}

#[test]
fn templates_find_what_they_expect_of_transformers() {
    let messages = [Message::user("x")];
    let with = |start: &str| rendered(&format!("{start}{LOOP}"), &messages).unwrap();
    assert_eq!(with("{{ bos_token }}{{ eos_token }}"), "<s></s>[user|x]");
    assert_eq!(with("{{ {'a': [1, 'é<']} | tojson }}"), "{\"a\": [1, \"é<\"]}[user|x]");
    assert_eq!(with("{%- if tools is none %}no tools{% endif %}"), "no tools[user|x]");
    assert_eq!(with("{{ 'a,b'.split(',')[1].upper() }}"), "B[user|x]");
    assert_eq!(with("{% if true %}\n  {% if true %}\nin{% endif %}\n{% endif %}"), "in[user|x]");
    assert_eq!(with("{{ strftime_now('%Y') | length }}"), "4[user|x]");
    assert_eq!(
        with("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}"),
        "01[user|x]"
    );
}

/// What Jinja2 made of a template, or what it refused it with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expected {
    Text(String),
    Refusal { error: String },
}

/// Templates in the manner of the models' own, rendered by Python's Jinja2 as `transformers` sets it up.
#[test]
fn templates_render_as_jinja2_renders_them() {
    let conversations: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("golden/conversations.json")).unwrap();
    let expected: HashMap<String, BTreeMap<String, Expected>> =
        serde_json::from_str(include_str!("golden/expected.json")).unwrap();
    assert_eq!(SAMPLES.len(), expected.len());
    let mut wrong = Vec::new();
    for (name, source) in SAMPLES {
        for (conversation, expected) in &expected[*name] {
            let context =
                context! { bos_token => "<s>", eos_token => "</s>", ..conversations[conversation].clone() };
            let rendered = super::render_with(source, context);
            let alike = match (&rendered, expected) {
                (Ok(text), Expected::Text(expected)) => text == expected,
                (Err(error), Expected::Refusal { error: expected }) => {
                    format!("{error:#}").contains(expected)
                }
                _ => false,
            };
            if !alike {
                wrong.push(format!("{name}, {conversation}:\n{rendered:?}\n{expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_template_that_never_ends_or_grows_without_end_is_stopped() {
    for hostile in [
        "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{% set ns = namespace(x='x') %}{% for a in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=['x']) %}{% for a in range(30) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x | tojson }}",
        "{% for a in range(9999) %}{{ messages[0].content }}{% endfor %}",
        "{{ 'x' * 90000000 }}",
        "{{ 'x' * 9999999999 }}",
        "{{ 'x' | indent(9999999999) }}",
        "{{ '%9999999999d' % 1 }}",
        "{{ '{:>9999999999}'.format(1) }}",
        "{{ range(99999999999) | list }}",
        "{% set s = 'x' * 9999 %}{{ s.replace('x', s).replace('x', s) }}",
        "{% set ns = namespace(x=[]) %}{% for a in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[]) %}{% for a in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x={}) %}{% for a in range(90000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}{{ ns.x == ns.x }}",
    ] {
        let started = Instant::now();
        let message = [Message::user("x")];
        assert!(rendered(&format!("{hostile}{LOOP}"), &message).is_err(), "{hostile}");
        assert!(started.elapsed() < Duration::from_secs(5), "{hostile}");
    }
}

#[test]
fn a_model_without_a_template_gets_headed_turns() {
    let messages =
        [Message::system("Rules"), Message::user("Why?"), Message::assistant("So."), Message::user("And?")];
    let text = joined(&Template::Plain.render(&messages, true).unwrap());
    assert_eq!(text, "Rules\n\nUser:\nWhy?\n\nAssistant:\nSo.\n\nUser:\nAnd?\n\nAssistant:\n");
}

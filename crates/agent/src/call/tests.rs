//! Tool calls with a model that answers from a script.

use std::collections::VecDeque;
use std::convert::Infallible;

use super::*;
use crate::chat::Constraint;

/// A model that says what it was told to, and the requests that it got.
struct Script {
    answers: VecDeque<&'static str>,
    asked: Vec<(String, ChatRequest)>,
}

impl Script {
    fn new(answers: &[&'static str]) -> Self {
        Self { answers: answers.iter().copied().collect(), asked: Vec::new() }
    }

    fn call(&mut self, tools: &[ToolSpec], asked: &Asked<'_>) -> Called {
        let called = call_tool(tools, asked, &mut |at, request| {
            self.asked.push((at.to_owned(), request.clone()));
            Ok::<_, Infallible>(self.answers.pop_front().expect("one question more than foreseen").to_owned())
        });
        assert!(self.answers.is_empty(), "it was asked less than foreseen: {:?} are left", self.answers);
        called.expect("the script has no errors")
    }

    fn names(&self) -> Vec<&str> {
        self.asked.iter().map(|(at, _)| at.as_str()).collect()
    }

    fn last_text(&self) -> &str {
        let (_, request) = self.asked.last().expect("it was asked");
        &request.messages.last().expect("a message").content
    }
}

fn tool(name: &str, schema: &str) -> ToolSpec {
    let says = Words { en: format!("does {name}"), zh: name.into() };
    ToolSpec { name: name.into(), says, schema: schema.into() }
}

fn pay() -> ToolSpec {
    tool(
        "pay",
        r#"{"type": "object", "required": ["to", "amount"], "properties": {
            "memo": {"type": "string", "description": "Text on the statement"},
            "on": {"type": "string", "format": "date"},
            "to": {"type": "string"},
            "amount": {"type": "number", "exclusiveMinimum": 0},
            "speed": {"enum": ["slow", "fast"]},
            "copies": {"type": "integer", "default": 1},
            "parts": {"type": "array", "items": {"type": "object", "required": ["share"],
                "properties": {"note": {"type": "string"}, "share": {"type": "integer"}}}}
        }}"#,
    )
}

fn say(request: &str) -> Asked<'_> {
    Asked { request, instructions: "", language: Language::of(request), in_steps: false, done: &[] }
}

fn call(tool: &str, arguments: &str) -> Called {
    Called::Call { tool: tool.into(), arguments: arguments.into(), borne_out: true }
}

#[test]
fn a_call_is_chosen_compared_and_written_in_three_questions() {
    let tools = [tool("balance", "{}"), pay()];
    let mut model = Script::new(&["pay", "say it\nsame", r#"{"to":"77-1","amount":1250}"#]);
    let called = model.call(&tools, &say("Send 1,250 euros to 77-1."));
    assert_eq!(called, call("pay", r#"{"to":"77-1","amount":1250}"#));
    assert_eq!(model.names(), ["tool", "pay/fits", "pay#0"]);
    let Some(Constraint::OneOf(names)) = &model.asked[0].1.constraint else { panic!("any name will do") };
    assert_eq!(names, &["balance", "pay"], "none is not among the names: it is told afterwards");
}

#[test]
fn a_tool_that_is_merely_near_is_not_called() {
    for compared in ["same\naction", "same\ntopic", "same\nother", ""] {
        let mut model = Script::new(&[compared]);
        assert_eq!(model.call(&[pay()], &say("Open an account.")), Called::None);
        assert_eq!(model.names(), ["pay/fits"], "one tool needs no choice");
    }
    assert_eq!(Script::new(&[]).call(&[], &say("Open an account.")), Called::None);
}

#[test]
fn a_tool_fits_when_what_is_asked_was_put_in_its_words_and_the_request_has_some() {
    let mut stock = tool(
        "stock",
        r#"{"type": "object", "required": ["part"], "properties": {
            "part": {"type": "string"}, "place": {"type": "string", "description": "Warehouse"}}}"#,
    );
    stock.says = Words {
        en: "Tell how many of a part are in stock.".into(),
        zh: "查询某仓库的库存数量".into(),
    };
    let written = r#"{"part":"V8"}"#;
    let fits = [
        ("Tell the stock of a part\ntopic", "How many V8 are in the warehouse?"),
        ("查询库存数量\naction", "仓库里还有多少V8？"),
    ];
    for (compared, request) in fits {
        let mut model = Script::new(&[compared, written]);
        assert_eq!(model.call(&[stock.clone()], &say(request)), call("stock", written), "{request}");
    }
    let near = [
        // Words of the tool that the request bears out in none.
        ("Tell the stock of a part\ntopic", "What will the weather be like?"),
        ("查询库存数量\ntopic", "明天会下雨吗？"),
        // Words of the request, with other words for what is done.
        ("Send a part to a warehouse\ntopic", "Send a part to the warehouse."),
        ("扩建仓库\ntopic", "把仓库扩建一下。"),
    ];
    for (compared, request) in near {
        assert_eq!(Script::new(&[compared]).call(&[stock.clone()], &say(request)), Called::None, "{request}");
    }
}

#[test]
fn a_tool_of_several_steps_may_do_a_part() {
    let mut asked = say("Pay 5 to 77-1, then tell me what is left.");
    asked.in_steps = true;
    let written = r#"{"to":"77-1","amount":5}"#;
    let tools = [tool("balance", "{}"), pay()];
    assert_eq!(Script::new(&["pay", "say it\ntopic", written]).call(&tools, &asked), call("pay", written));
    let done = [Done { tool: "pay".into(), arguments: written.into(), result: "left: 88".into() }];
    asked.done = &done;
    let mut model = Script::new(&["none"]);
    assert_eq!(model.call(&tools, &asked), Called::None);
    assert!(model.last_text().contains("gave: left: 88"), "{}", model.last_text());
}

#[test]
fn a_figure_that_nobody_said_is_asked_for_again_and_named() {
    let right = r#"{"to":"77-1","amount":60}"#;
    let mut model = Script::new(&["say it\nsame", r#"{"to":"77-1","amount":61}"#, right]);
    assert_eq!(model.call(&[pay()], &say("Pay 60 to 77-1.")), call("pay", right));
    assert!(model.last_text().contains("amount: 61 does not stand in the request"), "{}", model.last_text());

    // A model that keeps to it may be right: the check knows not every way to say a number. It is told.
    let wrong = r#"{"to":"77-1","amount":61}"#;
    let mut model = Script::new(&["say it\nsame", wrong, wrong, wrong]);
    let kept = Called::Call { tool: "pay".into(), arguments: wrong.into(), borne_out: false };
    assert_eq!(model.call(&[pay()], &say("Pay 60 to 77-1.")), kept);

    // So may one that groups digits in another way.
    let grouped = r#"{"to":"6228480012","amount":60}"#;
    let mut model = Script::new(&["say it\nsame", grouped, grouped, grouped]);
    assert!(matches!(model.call(&[pay()], &say("Pay 60 to 6228 4800 12.")), Called::Call { .. }));

    // An account that nobody named is not paid to.
    let made_up = r#"{"to":"1234567890","amount":60}"#;
    let mut model = Script::new(&["say it\nsame", made_up, made_up, made_up]);
    assert_eq!(model.call(&[pay()], &say("Pay 60 to my brother.")), Called::None);
    let known = Asked { instructions: "My brother's account is 1234567890.", ..say("Pay 60 to my brother.") };
    let mut model = Script::new(&["say it\nsame", made_up, made_up, made_up]);
    assert!(matches!(model.call(&[pay()], &known), Called::Call { .. }));
}

#[test]
fn the_day_of_one_date_and_the_month_of_another_are_no_date() {
    let schema = r#"{"type": "object", "required": ["from", "to"],
        "properties": {"from": {"type": "string"}, "to": {"type": "string"}}}"#;
    let asked = say("How many days are there between 2 March 2026 and 15 June 2026?");
    let right = r#"{"from":"2026-03-02","to":"2026-06-15"}"#;
    let mut model = Script::new(&["say it\nsame", r#"{"from":"2026-03-02","to":"2026-03-15"}"#, right]);
    assert_eq!(model.call(&[tool("days", schema)], &asked), call("days", right));
}

#[test]
fn figures_may_be_said_in_other_units_and_words() {
    let said = [
        ("Pay in two years to 77-1.", "24"),
        ("Pay 3.5 % to 77-1.", "0.035"),
        ("Pay three to 77-1.", "3"),
        ("付给77-1三万元。", "30000"),
        ("给77-1打九折。", "0.9"),
        ("Pay a dozen and a half to 77-1.", "18"),
    ];
    for (request, amount) in said {
        let written = format!(r#"{{"to":"77-1","amount":{amount}}}"#);
        let leaked: &'static str = written.clone().leak();
        assert_eq!(
            Script::new(&["say it\nsame", leaked]).call(&[pay()], &say(request)),
            call("pay", &written)
        );
    }
}

#[test]
fn optional_arguments_that_nothing_gives_are_left_out() {
    let written =
        r#"{"to":"77-1","amount":5,"memo":"for your services","on":"2026-01-31","copies":1,"parts":[]}"#;
    let mut model = Script::new(&["say it\nsame", written]);
    assert_eq!(
        model.call(&[pay()], &say("Pay 5 to 77-1.")),
        call("pay", r#"{"to":"77-1","amount":5,"copies":1}"#)
    );
    let written = r#"{"to":"77-1","amount":5,"memo":"rent of May","on":"2026-03-31","parts":[{"share":5}]}"#;
    let mut model = Script::new(&["say it\nsame", written]);
    let asked = say("Pay 5 to 77-1 on 31 March 2026, for the rent, in one part of 5.");
    assert_eq!(model.call(&[pay()], &asked), call("pay", written));
}

#[test]
fn an_identifier_ends_where_the_chinese_sentence_goes_on() {
    let machine = r#"{"type": "object", "required": ["machine"], "properties": {
        "machine": {"type": "string", "description": "设备编号"}, "model_no": {"type": "string"},
        "fault": {"type": "string", "description": "故障描述"}}}"#;
    let written = r#"{"machine":"CNC-07主轴异响","model_no":"川A-3","fault":"CNC-07主轴异响"}"#;
    let mut model = Script::new(&["报修\nsame", written]);
    assert_eq!(
        model.call(&[tool("repair", machine)], &say("CNC-07主轴异响，型号川A-3，请报修。")),
        call("repair", r#"{"machine":"CNC-07","model_no":"川A-3","fault":"CNC-07主轴异响"}"#)
    );
}

#[test]
fn what_is_not_valid_is_written_again_and_never_called() {
    let right = r#"{"to":"77-1","amount":5}"#;
    let asked = say("Pay 5 to 77-1.");
    let wrong = [
        (r#"{"to":"77-1","amo"#, "JSON"),
        (r#"{"to":"77-1"}"#, "amount is missing"),
        (r#"{"to":"77-1","amount":"5"}"#, "amount must be"),
        (r#"{"to":"77-1","amount":0}"#, "out of bounds"),
        (r#"{"to":"77-1","amount":5,"speed":"soon"}"#, "speed may not be"),
        (r#"{"to":"77-1","amount":5,"parts":[{"note":"a"}]}"#, "parts.share is missing"),
        (r#"{"to":"77-1","amount":5,"tip":1}"#, "there is no tip"),
        ("[]", "no object"),
    ];
    for (arguments, error) in wrong {
        let mut model = Script::new(&["say it\nsame", arguments, right]);
        assert_eq!(model.call(&[pay()], &asked), call("pay", right));
        assert!(model.last_text().contains(error), "{arguments}: {}", model.last_text());
    }
    let mut model = Script::new(&["say it\nsame", "{", "{", "{"]);
    assert!(matches!(model.call(&[pay()], &asked), Called::Broken { .. }), "two more times, and no more");
}

#[test]
fn each_argument_is_decided_on_and_none_can_be_added() {
    let schema = Schema::read(&pay().schema).expect("a sound schema");
    let names = "memo, on, to, amount, speed, copies, parts";
    assert_eq!(schema.names(), names);
    let text = schema.text();
    assert_eq!(text.matches("\"additionalProperties\":false").count(), 2, "{text}");
    assert_eq!(text.matches("\"type\":\"null\"").count(), 6, "those that may be left out: {text}");
    let required = serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["required"].to_string();
    assert_eq!(required.replace('"', "").replace(',', ", "), format!("[{names}]"));
    let mut model = Script::new(&[
        "say it\nsame",
        r#"{"memo":null,"to":"77-1","amount":5,"parts":[{"note":null,"share":5}]}"#,
    ]);
    let called = model.call(&[pay()], &say("Pay 5 to 77-1."));
    assert_eq!(called, call("pay", r#"{"to":"77-1","amount":5,"parts":[{"share":5}]}"#), "null is not said");
    let mut model = Script::new(&["say it\nsame", r#"{"to":"77-1","amount":5}"#]);
    model.call(&[pay()], &say("Pay 5 to 77-1."));
    let told = model.last_text();
    assert!(told.contains("- speed (one of slow, fast, or null)\n"), "{told}");
    assert!(told.contains("\n  - share (integer)\n"), "{told}");
}

#[test]
fn what_calls_have_in_common_stands_first() {
    let mut model = Script::new(&["say it\nsame", r#"{"to":"77-1","amount":5}"#]);
    model.call(&[pay()], &say("Pay 5 to 77-1."));
    let mut other = Script::new(&["say it\nsame", r#"{"to":"9-9","amount":8}"#]);
    other.call(&[tool("send", &pay().schema)], &say("Send 8 to 9-9."));
    for ((_, one), (_, two)) in model.asked.iter().zip(&other.asked) {
        assert!(one.common > 1);
        assert_eq!(one.messages[..one.common], two.messages[..two.common]);
    }
}

#[test]
fn the_prompts_of_both_languages_are_sound() {
    for language in [Language::English, Language::Chinese] {
        let asked = Asked { language, ..say("5") };
        assert!(prompt::fits(&pay(), &asked).messages.len() > 3);
    }
}

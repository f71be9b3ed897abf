//! In the terminal, with the real small model, in an empty network namespace: the sample documents
//! are read, 24 questions are answered with quotes from the right page, 6 are declined, and no
//! connection is attempted.

use std::collections::HashMap;
use std::path::Path;

use inhouse_agent::source::SourceId;
use inhouse_app::{App, Options};
use serde_json::Value;

use crate::setting::{self, CHAT_MODEL, Home, copy_of_corpus, corpus, file_name};

#[test]
fn questions_are_answered_from_the_right_page_or_declined_and_no_connection_is_made() {
    let _alone = setting::alone();
    let trace = tempfile::tempdir().expect("a temporary folder");
    let log = trace.path().join("connect.log");
    let log_name = log.to_str().expect("a plain path");
    let home = Home::through(&[
        "unshare",
        "-rn",
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-A",
        "-e",
        "trace=connect",
        "-o",
        log_name,
    ]);
    let documents = copy_of_corpus();
    let added = home.run(&["add", documents.path().to_str().expect("a plain path")]);
    assert_eq!(added.code, Some(0), "{added:?}");
    check_states(&home);
    check_search(&home);

    let all: Value = read_json(&corpus().join("questions.json"));
    let questions: Vec<&Value> = ["answerable", "unanswerable"]
        .iter()
        .flat_map(|part| all[*part].as_array().expect("questions"))
        .collect();
    let file = trace.path().join("questions.txt");
    let lines: Vec<&str> = questions.iter().map(|q| q["question"].as_str().expect("a question")).collect();
    std::fs::write(&file, lines.join("\n")).expect("the questions");
    let asked =
        home.run(&["ask", "--model", CHAT_MODEL, "--questions", file.to_str().expect("a plain path")]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    assert_eq!(asked.objects.len(), questions.len());

    let figures = Figures::of(&questions, &asked.objects);
    println!("{figures:#?}");
    let misquoted = misquoted(&home, &asked.objects);
    assert!(misquoted.is_empty(), "not in the source to the letter: {misquoted:#?}");
    assert!(figures.quotes > 0);
    assert!(figures.found >= 22, "the right page is among the first five of {} only", figures.found);
    assert!(figures.cited >= 18, "the right page is cited for {} only", figures.cited);
    assert!(figures.declined >= 5, "{} without an answer were declined only", figures.declined);

    let connections = std::fs::read_to_string(&log).expect("a trace");
    let outside: Vec<&str> = connections.lines().filter(|line| line.contains("AF_INET")).collect();
    assert!(outside.is_empty(), "connections were tried: {outside:#?}");
}

#[test]
fn a_citation_of_a_sheet_names_its_cells() {
    let _alone = setting::alone();
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = "City,Hotel limit per night (EUR),Approved by\nBerlin,150,Head of department\n\
                 Vienna,140,Head of department\nZurich,190,Finance Director\n";
    std::fs::write(folder.path().join("limits.csv"), table).expect("a table");
    home.run(&["add", folder.path().to_str().expect("a plain path")]);
    assert_eq!(home.source("limits.csv")["state"], "ready");
    let asked = home.run(&["ask", "--model", CHAT_MODEL, "What may a hotel night in Vienna cost?"]);
    let citation = citations(asked.one()).next().expect("a citation");
    assert_eq!(
        (citation["sheet"].as_str(), citation["cells"].as_str()),
        (Some(""), Some("A3:C3")),
        "{citation}"
    );
    assert!(citation["quote"].as_str().expect("a quote").contains("Vienna"), "{citation}");
    let asked = home.run(&["ask", "--model", CHAT_MODEL, "Who approves a hotel in Zurich?"]);
    assert!(asked.one()["answer"].as_str().expect("an answer").contains("Finance Director"), "{asked:?}");
}

#[test]
fn a_question_that_leans_on_the_one_before_is_answered_as_it_was_meant() {
    let _alone = setting::alone();
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        (
            "limits.txt",
            "A hotel night in Vienna costs up to EUR 140. A hotel night in Zurich costs up to EUR 190.",
        ),
        ("trains.txt", "Trains in Zurich run every 15 minutes. A ticket costs CHF 4.60."),
        ("车辆管理.txt", "公司车辆由行政部王敏管理。王敏于2011年3月入职。"),
        ("人员.txt", "李强于2019年6月入职，负责采购。"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a document");
    }
    home.run(&["add", folder.path().to_str().expect("a plain path")]);
    let questions = folder.path().join("questions");
    let lines = [
        "What may a hotel night in Vienna cost?",
        "And in Zurich?",
        "公司车辆由谁管理？",
        "她是哪一年入职的？",
    ];
    std::fs::write(&questions, lines.join("\n")).expect("the questions");
    let questions = questions.to_str().expect("a plain path");
    let ask = |options: &[&str]| {
        home.run(&[&["ask", "--model", CHAT_MODEL, "--questions", questions], options].concat()).objects
    };
    let together = ask(&["--chat"]);
    for (number, words, expected) in [(1, ["hotel", "night"], "190"), (3, ["王敏", "公司车辆"], "2011")]
    {
        let (answer, before) = (&together[number], &together[number - 1]);
        let understood = answer["understood"].as_str().expect("another question");
        assert!(words.iter().any(|word| understood.contains(word)), "{answer}");
        assert!(answer["answer"].as_str().expect("an answer").contains(expected), "{answer}");
        assert!(citations(answer).any(|cited| cited["quote"].to_string().contains(expected)), "{answer}");
        assert_eq!(before["understood"], Value::Null, "{before}");
    }
    assert!(ask(&[]).iter().all(|answer| answer["understood"].is_null()));
}

#[test]
fn a_question_is_answered_only_from_the_collections_that_it_is_asked_in() {
    let _alone = setting::alone();
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("hotels", "A hotel night in Vienna is paid up to EUR 140. Breakfast is included."),
        ("parties", "The Christmas party is on Friday 11 December in the sailing club at Crosshaven."),
        ("cars", "The car park behind hall 1 is closed for resurfacing from 9 to 13 November."),
    ] {
        let path = folder.path().join(format!("{name}.txt"));
        std::fs::write(&path, text).expect("a document");
        let path = path.to_str().expect("a plain path");
        home.run(&["add", path]);
        home.run(&["collections", "add", name, path]);
    }
    let ask = |options: &[&str]| {
        let question = "Where is the Christmas party?";
        home.run(&[&["ask", "--model", CHAT_MODEL, question], options].concat()).one().clone()
    };
    let found = |answer: &Value| -> Vec<String> {
        let passages = answer["passages"].as_array().expect("passages");
        passages.iter().map(|passage| file_name(&passage["path"]).to_owned()).collect()
    };
    let outside = ask(&["--collection", "hotels"]);
    assert_eq!(outside["declined"], true, "{outside}");
    assert_eq!(outside["answer"], "This is not in “hotels”.");
    assert_eq!(found(&outside), ["hotels.txt"]);
    let inside = ask(&["--collection", "hotels", "--collection", "parties"]);
    assert!(inside["answer"].as_str().expect("an answer").contains("Crosshaven"), "{inside}");
    assert!(!found(&inside).contains(&"cars.txt".to_owned()), "{inside}");
    let gone = ask(&["--collection", "prices"]);
    assert_eq!(gone["error"]["code"], "not_found", "{gone}");
    assert_eq!(gone["error"]["message"], "there is no collection prices");

    // An agent never reads more than its own, whatever it is asked in.
    let own = home.path().join("agents/driver");
    home.run(&["agents", "copy", "inspection-reporter", "driver"]);
    let file = std::fs::read_to_string(own.join("agent.toml")).expect("the agent's file");
    std::fs::write(own.join("agent.toml"), format!("collections = [\"cars\"]\n{file}")).expect("its change");
    let of_agent = |options: &[&str]| ask(&[&["--agent", "driver"], options].concat());
    let other = of_agent(&["--collection", "parties"]);
    assert_eq!((found(&other).len(), &other["declined"]), (0, &true.into()), "{other}");
    assert_eq!(other["answer"], "This is not in what the agent may read of “parties”.");
    assert_eq!(found(&of_agent(&["--collection", "parties", "--collection", "cars"])), ["cars.txt"]);

    let search = |options: &[&str]| home.run(&[&["search", "party"], options].concat());
    let hits = |ended: &setting::Ended| ended.one()["hits"].as_array().expect("hits").len();
    assert_eq!(hits(&search(&[])), 3);
    assert_eq!(hits(&search(&["--collection", "cars", "--collection", "hotels"])), 2);
    home.run(&[
        "collections",
        "remove",
        "cars",
        folder.path().join("cars.txt").to_str().expect("a plain path"),
    ]);
    assert_eq!(hits(&search(&["--collection", "cars"])), 0);
    assert_eq!(search(&["--collection", "prices"]).one()["error"]["code"], "not_found");
}

#[test]
fn what_was_computed_ahead_of_a_collection_changes_no_answer_and_goes_with_its_sources() {
    let _alone = setting::alone();
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (english, chinese) = (folder.path().join("hotels.txt"), folder.path().join("住宿.txt"));
    let limits =
        "A hotel night in Vienna is paid up to EUR 140, in Zurich up to EUR 190. Breakfast is included.";
    std::fs::write(&english, limits).expect("a document");
    std::fs::write(
        &chinese,
        "住宿费在一线城市每晚不超过600元，其他城市每晚不超过450元，超出部分由个人承担。",
    )
    .expect("a document");
    let text = folder.path().to_str().expect("a plain path");
    home.run(&["add", text]);
    home.run(&["collections", "add", "limits", text]);
    let ask = |question: &str| {
        let asked = home.run(&["ask", "--model", CHAT_MODEL, question]);
        let mut answer = asked.one().clone();
        answer.as_object_mut().expect("an object").remove("timing");
        answer
    };
    let questions = ["What may a hotel night in Vienna cost?", "一线城市住宿费每晚不超过多少元？"];
    let before = questions.map(ask);

    let cost = home.run(&["collections", "pin", "limits", "--model", CHAT_MODEL, "--dry-run"]);
    let needed = cost.one()["bytes_needed"].as_u64().expect("bytes");
    assert!(needed > 0 && cost.one()["bytes_used"] == 0, "{cost:?}");
    let pinned = home.run(&["collections", "pin", "limits", "--model", CHAT_MODEL]);
    let pinned = pinned.one();
    assert_eq!(
        (&pinned["beginnings"], &pinned["ready"], &pinned["full"]),
        (&2.into(), &2.into(), &false.into())
    );
    let used = pinned["bytes_used"].as_u64().expect("bytes");
    assert!(used > needed / 2 && used < needed * 2, "{pinned}");
    assert_eq!(home.run(&["collections"]).one()["collections"][0]["pinned"], true);
    assert_eq!(questions.map(ask), before);

    // A document that was changed never answers from what was computed of its old text.
    std::fs::write(&english, limits.replace("140", "155")).expect("a document");
    home.run(&["add", text]);
    let answer = ask(questions[0]);
    assert!(answer["answer"].as_str().expect("an answer").contains("155"), "{answer}");
    let look = || {
        let cost = home.run(&["collections", "pin", "limits", "--model", CHAT_MODEL, "--dry-run"]);
        cost.one()["bytes_used"].as_u64().expect("bytes")
    };
    let less = look();
    assert!(less > 0 && less < used, "{less} of {used}");
    home.run(&["remove", chinese.to_str().expect("a plain path")]);
    assert_eq!(look(), 0);
    home.run(&["collections", "pin", "limits", "--model", CHAT_MODEL]);
    assert!(look() > 0);
    home.run(&["collections", "unpin", "limits"]);
    assert_eq!(look(), 0);
    // Nor does it outlive its collection.
    home.run(&["collections", "pin", "limits", "--model", CHAT_MODEL]);
    assert!(look() > 0);
    home.run(&["collections", "remove", "limits"]);
    home.run(&["search", "hotel"]);
    home.run(&["collections", "add", "limits", text]);
    assert_eq!(look(), 0);
}

fn check_states(home: &Home) {
    let expected = [
        ("travel-policy.pdf", "ready", None),
        ("staff-handbook.docx", "ready", None),
        ("报销制度.txt", "ready", None),
        ("信息安全管理规定.pdf", "ready", None),
        ("scan.pdf", "failed", Some("no_text")),
        ("broken.pdf", "failed", Some("broken")),
        ("empty.txt", "failed", Some("empty")),
    ];
    for (name, state, reason) in expected {
        let source = home.source(name);
        assert_eq!(source["state"], state, "{source}");
        assert_eq!(source["reason"].as_str(), reason, "{source}");
        assert_eq!(source["passages"].as_u64() > Some(0), state == "ready", "{source}");
    }
    assert_eq!(home.source("travel-policy.pdf")["pages"], 6);
    assert_eq!(home.source("scan.pdf")["pages_empty"], 2);
}

fn check_search(home: &Home) {
    let hits = home.run(&["search", "--top", "3", "差旅费报销的期限"]);
    let hits = hits.one()["hits"].as_array().expect("hits").clone();
    assert_eq!(hits.len(), 3);
    assert!(hits[0]["text"].as_str().expect("a text").contains('报'), "{hits:?}");
}

/// What came of the questions.
#[derive(Debug, Default)]
struct Figures {
    answerable: usize,
    /// The right page is among the first five passages.
    found: usize,
    /// The right page is cited.
    cited: usize,
    /// The answer has the expected words.
    right: usize,
    /// Of the answerable: declined.
    wrongly_declined: usize,
    unanswerable: usize,
    /// Of the unanswerable: declined.
    declined: usize,
    quotes: usize,
    median_retrieval_ms: u64,
    median_first_token_ms: u64,
    median_total_ms: u64,
    /// One line per question that did not go well.
    notes: Vec<String>,
}

impl Figures {
    fn of(questions: &[&Value], answers: &[Value]) -> Self {
        let mut figures = Self::default();
        for (question, answer) in questions.iter().zip(answers) {
            let declined = answer["declined"].as_bool().expect("a state");
            let citations: Vec<&Value> = citations(answer).collect();
            figures.quotes += citations.len();
            if question["file"].is_null() {
                figures.unanswerable += 1;
                figures.declined += usize::from(declined);
                if !declined {
                    figures.notes.push(format!("{}: not declined: {}", question["id"], answer["answer"]));
                }
                continue;
            }
            figures.answerable += 1;
            figures.wrongly_declined += usize::from(declined);
            let is_right = |place: &Value| {
                file_name(&place["path"]) == question["file"]
                    && (question["page"].is_null() || place["page"] == question["page"])
            };
            let passages = answer["passages"].as_array().expect("passages");
            let found = passages.iter().take(5).any(is_right);
            let cited = citations.iter().any(|place| is_right(place));
            let right = has_expected_words(question, answer);
            figures.found += usize::from(found);
            figures.cited += usize::from(cited);
            figures.right += usize::from(right);
            if !(found && cited && right) {
                figures.notes.push(format!(
                    "{}: found {found}, cited {cited}, right {right}, declined {declined}: {}",
                    question["id"], answer["answer"]
                ));
            }
        }
        let median = |field: &str| {
            let mut values: Vec<u64> =
                answers.iter().map(|answer| answer["timing"][field].as_u64().expect("a time")).collect();
            values.sort_unstable();
            values[values.len() / 2]
        };
        figures.median_retrieval_ms = median("retrieval_ms");
        figures.median_first_token_ms = median("first_token_ms");
        figures.median_total_ms = median("total_ms");
        figures
    }
}

fn citations(answer: &Value) -> impl Iterator<Item = &Value> {
    let sentences = answer["sentences"].as_array().expect("sentences");
    sentences.iter().flat_map(|sentence| sentence["citations"].as_array().expect("citations"))
}

/// White space and case don't count, since documents break their lines anywhere.
fn has_expected_words(question: &Value, answer: &Value) -> bool {
    let squeeze = |text: &str| text.to_lowercase().split_whitespace().collect::<String>();
    let said = squeeze(answer["answer"].as_str().expect("an answer"));
    let accepted = question["answer"].as_array().expect("accepted words");
    accepted.iter().any(|words| said.contains(&squeeze(words.as_str().expect("words"))))
}

/// Quotes that do not stand on their page to the letter.
fn misquoted(home: &Home, answers: &[Value]) -> Vec<String> {
    let app =
        App::open(Options { home: Some(home.path().into()), ..Options::default() }).expect("the data folder");
    let ids: HashMap<String, SourceId> = app
        .sources()
        .expect("the sources")
        .into_iter()
        .map(|source| (source.path.display().to_string(), source.id))
        .collect();
    let stands = |citation: &Value| {
        let source = ids[citation["path"].as_str().expect("a path")];
        let page = u32::try_from(citation["page"].as_u64().expect("a page")).expect("a small number");
        let text = app.page(source, page).expect("the page is kept").text;
        text.contains(citation["quote"].as_str().expect("a quote"))
    };
    answers.iter().flat_map(citations).filter(|citation| !stands(citation)).map(Value::to_string).collect()
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

//! An embedder finds what is near in meaning, in every batch the same.

use std::sync::OnceLock;

use inhouse_agent::chat::ModelError;
use inhouse_agent::embed::{Embedder, Purpose};
use inhouse_llm::LocalEmbedder;

use super::model;

fn e5() -> &'static LocalEmbedder {
    static MODEL: OnceLock<LocalEmbedder> = OnceLock::new();
    MODEL.get_or_init(|| LocalEmbedder::load("e5", &model("multilingual-e5-small-q4.bin")).unwrap())
}

fn minilm() -> &'static LocalEmbedder {
    static MODEL: OnceLock<LocalEmbedder> = OnceLock::new();
    MODEL.get_or_init(|| LocalEmbedder::load("minilm", &model("all-minilm-l6-v2")).unwrap())
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

const ENGLISH: [&str; 4] = [
    "Employees may claim 120 euros a night for hotels on business trips.",
    "The cafeteria serves lunch from noon to two o'clock.",
    "Passwords must be changed every ninety days and hold twelve characters.",
    "The printer on the third floor is out of order until Monday.",
];
const CHINESE: [&str; 4] = [
    "员工出差住宿费每晚最高报销500元。",
    "食堂午餐时间为中午十二点到下午两点。",
    "密码必须每九十天更换一次，长度不少于十二位。",
    "三楼的打印机在周一之前无法使用。",
];
const ASKED_ENGLISH: [&str; 4] = [
    "How much can I spend on accommodation?",
    "When can I eat at midday?",
    "How often do I need a new password?",
    "Where can't I print?",
];
const ASKED_CHINESE: [&str; 4] =
    ["住宿费能报多少？", "几点可以吃午饭？", "密码多久换一次？", "哪台打印机坏了？"];

fn assert_finds(model: &LocalEmbedder, questions: &[&str], passages: &[&str]) {
    let passages = model.embed(passages, Purpose::Passage).unwrap();
    for (at, question) in model.embed(questions, Purpose::Query).unwrap().iter().enumerate() {
        let scores: Vec<f32> = passages.iter().map(|passage| cosine(question, passage)).collect();
        let best = (0..scores.len()).max_by(|one, other| scores[*one].total_cmp(&scores[*other])).unwrap();
        assert_eq!(best, at, "{}: {scores:?}", questions[at]);
    }
}

#[test]
fn a_question_is_nearest_to_the_passage_that_answers_it() {
    assert_finds(minilm(), &ASKED_ENGLISH, &ENGLISH);
    assert_finds(e5(), &ASKED_ENGLISH, &ENGLISH);
    assert_finds(e5(), &ASKED_CHINESE, &CHINESE);
    assert_finds(e5(), &ASKED_CHINESE, &ENGLISH);
}

#[test]
fn vectors_have_length_one_and_the_models_dimensions() {
    for model in [e5(), minilm()] {
        let texts = ["", "x", "差旅费", &"long ".repeat(3_000)];
        let vectors = model.embed(&texts, Purpose::Passage).unwrap();
        assert_eq!(vectors.len(), texts.len());
        for vector in vectors {
            assert_eq!(vector.len(), model.dimensions());
            assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-4);
        }
        assert!(model.embed(&[], Purpose::Query).unwrap().is_empty());
    }
}

#[test]
fn a_text_has_the_same_vector_alone_and_in_a_batch() {
    let long = ENGLISH.join(" ");
    for model in [e5(), minilm()] {
        let texts = [CHINESE[0], &long, "x", ENGLISH[1], CHINESE[3]];
        let together = model.embed(&texts, Purpose::Passage).unwrap();
        for (text, vector) in texts.iter().zip(&together) {
            let alone = model.embed(&[text], Purpose::Passage).unwrap();
            // Sums in another order can tip the rounding to eight bits.
            let same = cosine(vector, &alone[0]);
            assert!(same > 0.9995, "{text}: {same}");
        }
    }
}

#[test]
fn meaning_counts_more_than_words() {
    let [same, other] = [
        ("The cat sits on the mat.", "A feline rests on a rug."),
        ("The cat sits on the mat.", "Quarterly revenue fell."),
    ]
    .map(|(one, other)| {
        let vectors = minilm().embed(&[one, other], Purpose::Passage).unwrap();
        cosine(&vectors[0], &vectors[1])
    });
    // all-MiniLM-L6-v2 gives 0.56 and about 0.
    assert!((0.5..0.65).contains(&same) && other.abs() < 0.15, "{same} {other}");
}

#[test]
fn queries_and_passages_are_embedded_as_the_model_wants_them() {
    let [query, passage] = [Purpose::Query, Purpose::Passage]
        .map(|purpose| e5().embed(&[ENGLISH[0]], purpose).unwrap().remove(0));
    assert!(cosine(&query, &passage) < 0.999);
}

#[test]
fn what_lies_beyond_the_limit_does_not_count() {
    for model in [e5(), minilm()] {
        let limit = model.max_tokens();
        let full = "word ".repeat(limit);
        assert_eq!(model.count_tokens(&full).unwrap(), limit);
        let texts = [full.clone(), format!("{full}and then something else"), "word ".repeat(limit - 1)];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = model.embed(&texts, Purpose::Passage).unwrap();
        assert!(cosine(&vectors[0], &vectors[1]) > 0.99999);
        assert_ne!(vectors[0], vectors[2]);
    }
    assert!((490..512).contains(&e5().max_tokens()));
}

#[test]
fn a_text_that_spells_special_tokens_is_text() {
    assert!(e5().count_tokens("<s></s><pad>").unwrap() > 3);
    assert!(minilm().count_tokens("[SEP][SEP]").unwrap() > 2);
    let spelled = e5().embed(&["<pad><pad><pad>", "x"], Purpose::Passage).unwrap();
    assert!(cosine(&spelled[0], &spelled[1]) < 0.9999);
}

#[test]
fn a_cut_or_wrong_file_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(model("multilingual-e5-small-q4.bin")).unwrap();
    let refused = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        match LocalEmbedder::load("x", &path).map(drop) {
            Err(ModelError::Load { path, reason }) if path.ends_with(name) => reason,
            other => panic!("{other:?}"),
        }
    };
    for length in [3, 40, 1_000, 9_000_000, whole.len() / 2, whole.len() - 1] {
        let reason = refused("cut.bin", &whole[..length]);
        assert!(reason.contains("cut short") || reason.contains("left"), "{length}: {reason}");
    }
    assert!(refused("other.bin", b"GGUF and more").contains("another kind"));
    let mut hostile = whole[..2_000].to_vec();
    hostile[44..48].copy_from_slice(&i32::MAX.to_le_bytes());
    refused("hostile.bin", &hostile);

    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    assert!(LocalEmbedder::load("x", folder.path()).is_err());
}

//! What `pre` promises, tested.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{PreTokenizer, TABLE};

/// A text, and the words that llama.cpp cuts it into, a bar between them: by words, the names of the
/// pre-tokenizers that cut so.
#[derive(Deserialize)]
struct Golden {
    text: String,
    cuts: HashMap<String, String>,
}

fn words(pre: &PreTokenizer, text: &str) -> String {
    pre.cuts().unwrap().words(text).unwrap().join("│")
}

#[test]
fn words_are_cut_as_llama_cpp_cuts_them() {
    let golden: Vec<Golden> = serde_json::from_str(include_str!("../golden/cuts.json")).unwrap();
    assert!(golden.len() > 20);
    for pre in TABLE {
        let alike = |name: &str| PreTokenizer::find(name).is_some_and(|other| other.steps == pre.steps);
        for Golden { text, cuts } in &golden {
            let (expected, _) = cuts.iter().find(|(_, names)| names.split(' ').any(alike)).unwrap();
            let text = if pre.in_characters { text.replace(' ', "▁") } else { text.clone() };
            assert_eq!(words(pre, &text), *expected, "{:?}", pre.names);
        }
    }
}

#[test]
fn no_name_stands_twice() {
    let names: Vec<_> = TABLE.iter().flat_map(|pre| pre.names).collect();
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "{name}");
    }
}

/// Every expression is bounded: a hostile text costs a refusal or a moment, never a wrong cut.
#[test]
fn long_runs_of_anything_are_cut_in_bounded_time_or_refused() {
    for pre in TABLE {
        let cuts = pre.cuts().unwrap();
        for unit in
            ["a", "A", "é", "差", "7", "٣", " ", "\n", "\t", "!", "~", "'", "\u{301}", "a ", "7a", " \n"]
        {
            let run = unit.repeat(100_000);
            let long = format!("{run}x");
            let started = Instant::now();
            if let Ok(words) = cuts.words(&long) {
                assert_eq!(words.concat(), long, "{:?} {unit:?}", pre.names);
            }
            assert!(started.elapsed() < Duration::from_secs(5), "{:?} {unit:?}", pre.names);
        }
    }
}

//! `cargo xtask eval follow-ups`: whether a question that leans on the one before it is answered as it was
//! meant.
//!
//! Both languages of XQuAD are one memory. The questions are about its paragraphs, two each, and of the
//! second alone nobody could tell what is meant. They are asked as a conversation, and each by itself for
//! comparison.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{Inhouse, Wanted};
use crate::process;
use crate::xquad;

const CASES: &str = include_str!("follow_ups.jsonl");
/// The least share of answers in a conversation that are right.
const RIGHT: f64 = 0.75;

#[derive(Deserialize)]
struct Case {
    language: String,
    /// That of XQuAD in which the answer stands.
    paragraph: usize,
    before: String,
    question: String,
    expected: String,
}

#[derive(Deserialize)]
struct Answered {
    question: String,
    understood: Option<String>,
    answer: String,
    sentences: Vec<Sentence>,
    timing: Timing,
}

#[derive(Deserialize)]
struct Sentence {
    citations: Vec<Cited>,
}

#[derive(Deserialize)]
struct Cited {
    path: PathBuf,
}

#[derive(Deserialize)]
struct Timing {
    first_token_ms: f64,
}

impl Case {
    fn is_right(&self, answered: &Answered) -> bool {
        xquad::holds(&answered.answer, &self.expected)
    }

    fn is_cited(&self, answered: &Answered) -> bool {
        let right = Path::new(&self.language).join(xquad::name(self.paragraph));
        let mut cited = answered.sentences.iter().flat_map(|sentence| &sentence.citations);
        cited.any(|cited| cited.path.ends_with(&right))
    }
}

pub fn run(inhouse: &Inhouse<'_>, wanted: &Wanted) -> Result<()> {
    let data = wanted.data.as_deref().context("this wants --data DIR")?;
    let cases: Vec<Case> =
        CASES.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("reading the cases")?;
    let folder = tempfile::tempdir().context("making a folder for the evaluation's data")?;
    let (home, documents) = (folder.path().join("home"), folder.path().join("documents"));
    for language in ["en", "zh"] {
        xquad::write_documents(&documents.join(language), &xquad::read(data, language)?)?;
    }
    process::output(inhouse(&home).arg("add").arg(&documents))?;
    let file = folder.path().join("questions.txt");
    let lines: Vec<&str> = cases.iter().flat_map(|case| [&*case.before, &*case.question]).collect();
    fs::write(&file, lines.join("\n")).context("writing the questions")?;
    let ask = |options: &[&str]| -> Result<Vec<Answered>> {
        let mut command = inhouse(&home);
        command.args(["ask", "--json", "--questions"]).arg(&file).args(options);
        let printed = process::output(wanted.with_model(&mut command))?;
        let answers: Vec<Answered> = printed
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .context("reading what was printed")?;
        if answers.iter().map(|answered| answered.question.as_str()).ne(lines.iter().copied()) {
            bail!("other questions were answered than were asked");
        }
        Ok(answers.into_iter().skip(1).step_by(2).collect())
    };
    let (together, alone) = (ask(&["--chat"])?, ask(&[])?);
    for (case, answered) in cases.iter().zip(&together) {
        let mark = if case.is_right(answered) { "right" } else { "WRONG" };
        let understood = answered.understood.as_deref().unwrap_or("(as it is)");
        println!("{mark} {} | {understood} | {}", case.question, answered.answer);
    }
    for language in ["en", "zh"] {
        let of = |answers: &[Answered], is: fn(&Case, &Answered) -> bool| {
            let cases = cases.iter().zip(answers).filter(|(case, _)| case.language == language);
            cases.filter(|(case, answered)| is(case, answered)).count()
        };
        println!(
            "{language} {} questions; in a conversation {} right, {} with the right paragraph cited; by themselves {}, {}",
            of(&together, |_, _| true),
            of(&together, Case::is_right),
            of(&together, Case::is_cited),
            of(&alone, Case::is_right),
            of(&alone, Case::is_cited),
        );
    }
    let median = |answers: &[Answered]| {
        let mut times: Vec<f64> = answers.iter().map(|answered| answered.timing.first_token_ms).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    println!("first text after {:.0} ms, by themselves {:.0} (medians)", median(&together), median(&alone));
    let right = cases.iter().zip(&together).filter(|(case, answered)| case.is_right(answered)).count();
    if (right as f64) < RIGHT * cases.len() as f64 {
        bail!("wanted: {RIGHT} of the answers right");
    }
    Ok(())
}

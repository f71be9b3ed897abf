//! `cargo xtask eval answers`: whether quotes stand in their documents, whether they are the right ones,
//! and whether a sentence that was made wrong on purpose loses its quote.
//!
//! With several numbers behind `--read` it gives a curve: right answers against tokens that were read.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use inhouse_agent::answer::bind;
use inhouse_agent::answer::sentence::CitedSentence;
use inhouse_agent::passage::{Anchor, CharRange, Passage, PassageId};
use inhouse_agent::source::SourceId;
use serde::Deserialize;

use super::{Inhouse, Wanted};
use crate::process;
use crate::xquad::{self, Paragraph};

/// Tokens of prompt at most where it is said how many passages are read: room for sixteen.
const ROOM: usize = 4096;
/// The least share of sentences made wrong that lose their quote.
const FLAGGED: f64 = 0.95;

#[derive(Deserialize)]
struct Answered {
    question: String,
    answer: String,
    declined: bool,
    sentences: Vec<Sentence>,
    passages: Vec<Found>,
    passages_read: usize,
    timing: Timing,
}

#[derive(Deserialize)]
struct Timing {
    first_token_ms: f64,
    total_ms: f64,
    prompt_tokens: usize,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    citations: Vec<Quote>,
}

#[derive(Deserialize)]
struct Quote {
    path: PathBuf,
    quote: String,
}

#[derive(Deserialize)]
struct Found {
    path: PathBuf,
}

/// A question, the paragraph that it was written for and the right answer.
struct Asked<'a> {
    question: String,
    paragraph: usize,
    answer: &'a str,
}

#[derive(Default)]
struct Sum {
    answered: usize,
    declined: usize,
    /// Answers that hold the right one, however its figures are grouped.
    right: usize,
    /// Tokens of all prompts, and milliseconds of each answer.
    prompt_tokens: usize,
    first_token: Vec<f64>,
    total: Vec<f64>,
    quotes: usize,
    verbatim: usize,
    /// Answers with a quote of the right paragraph, and with one that holds the right answer.
    right_paragraph: usize,
    right_quote: usize,
    corrupted: usize,
    flagged: usize,
    /// Sentences that could not be made wrong by rule.
    left: usize,
}

pub fn run(inhouse: &Inhouse<'_>, wanted: &Wanted) -> Result<()> {
    let data = wanted.data.as_deref().context("this wants --data DIR")?;
    let mut totals: Vec<Sum> = wanted.read.iter().map(|_| Sum::default()).collect();
    for language in ["en", "zh"] {
        let paragraphs = xquad::read(data, language)?;
        let folder = tempfile::tempdir().context("making a folder for the evaluation's data")?;
        let place = Place::new(inhouse, folder.path(), &paragraphs, wanted.every)?;
        for (read, total) in wanted.read.iter().zip(&mut totals) {
            let sum = place.ask(*read, wanted)?;
            tell(language, *read, &sum);
            total.add(&sum);
        }
    }
    for (read, total) in wanted.read.iter().zip(&totals) {
        tell("both", *read, total);
    }
    for total in &totals {
        let flagged = total.flagged as f64 / total.corrupted.max(1) as f64;
        if total.verbatim < total.quotes || flagged < FLAGGED {
            bail!("wanted: every quote to the letter, and {FLAGGED} of the wrong sentences flagged");
        }
    }
    Ok(())
}

/// A memory of one language, and what it is asked.
struct Place<'a> {
    inhouse: &'a Inhouse<'a>,
    home: PathBuf,
    questions: PathBuf,
    paragraphs: &'a [Paragraph],
    asked: Vec<Asked<'a>>,
}

impl<'a> Place<'a> {
    fn new(
        inhouse: &'a Inhouse<'a>,
        folder: &Path,
        paragraphs: &'a [Paragraph],
        every: usize,
    ) -> Result<Self> {
        let (home, documents) = (folder.join("home"), folder.join("documents"));
        xquad::write_documents(&documents, paragraphs)?;
        process::output(inhouse(&home).arg("add").arg(&documents))?;
        let asked: Vec<Asked<'_>> = paragraphs
            .iter()
            .enumerate()
            .flat_map(|(paragraph, of)| of.qas.iter().map(move |asked| (paragraph, asked)))
            .step_by(every)
            .map(|(paragraph, asked)| Asked { question: asked.line(), paragraph, answer: asked.answer() })
            .collect();
        let questions = folder.join("questions.txt");
        let lines: Vec<&str> = asked.iter().map(|asked| asked.question.as_str()).collect();
        fs::write(&questions, lines.join("\n")).context("writing the questions")?;
        Ok(Self { inhouse, home, questions, paragraphs, asked })
    }

    fn ask(&self, read: Option<usize>, wanted: &Wanted) -> Result<Sum> {
        let mut command = (self.inhouse)(&self.home);
        command.args(["ask", "--json", "--questions"]).arg(&self.questions);
        if let Some(read) = read {
            command.arg("--read").arg(read.to_string()).arg("--budget").arg(ROOM.to_string());
        }
        let printed = process::output(wanted.with_model(&mut command))?;
        let answers: Vec<Answered> = printed
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .context("reading what was printed")?;
        if answers.len() != self.asked.len() {
            bail!("{} questions were asked and {} answered", self.asked.len(), answers.len());
        }
        let mut sum = Sum::default();
        for (number, (asked, answer)) in self.asked.iter().zip(&answers).enumerate() {
            if asked.question != answer.question {
                bail!("`{}` was asked and `{}` answered", asked.question, answer.question);
            }
            sum.take(asked, answer)?;
            let other = |text: &str| {
                let more = answers_after(self.paragraphs, number);
                more.into_iter().find(|other| !text.contains(other) && other.chars().count() > 1)
            };
            sum.corrupt(asked, answer, &other)?;
        }
        Ok(sum)
    }
}

/// Right answers of other questions, from one on.
fn answers_after(paragraphs: &[Paragraph], number: usize) -> Vec<&str> {
    let all: Vec<&str> = paragraphs
        .iter()
        .flat_map(|of| &of.qas)
        .flat_map(|asked| &asked.answers)
        .map(|a| a.text.as_str())
        .collect();
    (1..60).map(|step| all[(number * 7 + step * 11) % all.len()]).collect()
}

impl Sum {
    fn take(&mut self, asked: &Asked<'_>, answer: &Answered) -> Result<()> {
        self.answered += 1;
        self.right += usize::from(xquad::holds(&answer.answer, asked.answer));
        self.prompt_tokens += answer.timing.prompt_tokens;
        self.first_token.push(answer.timing.first_token_ms);
        self.total.push(answer.timing.total_ms);
        if answer.declined {
            self.declined += 1;
            return Ok(());
        }
        let quotes: Vec<&Quote> = answer.sentences.iter().flat_map(|sentence| &sentence.citations).collect();
        for quote in &quotes {
            let text = fs::read_to_string(&quote.path)
                .with_context(|| format!("reading {}", quote.path.display()))?;
            self.quotes += 1;
            self.verbatim += usize::from(text.contains(&quote.quote));
        }
        let right: Vec<&&Quote> =
            quotes.iter().filter(|quote| quote.path.ends_with(xquad::name(asked.paragraph))).collect();
        self.right_paragraph += usize::from(!right.is_empty());
        self.right_quote += usize::from(right.iter().any(|quote| quote.quote.contains(asked.answer)));
        Ok(())
    }

    /// Makes each sentence with a quote wrong, and looks whether it still gets one.
    fn corrupt<'o>(
        &mut self,
        asked: &Asked<'_>,
        answer: &Answered,
        other: &dyn Fn(&str) -> Option<&'o str>,
    ) -> Result<()> {
        let mut passages = Vec::new();
        for found in &answer.passages[..answer.passages_read.min(answer.passages.len())] {
            passages.push(passage(&found.path, passages.len())?);
        }
        let read: String =
            passages.iter().map(|passage| passage.text.as_str()).collect::<Vec<_>>().join("\n");
        for sentence in answer.sentences.iter().filter(|sentence| !sentence.citations.is_empty()) {
            match made_wrong(&sentence.text, asked.answer, &read, other) {
                None => self.left += 1,
                Some(text) => {
                    let wrong = CitedSentence { text, numbers: Vec::new() };
                    self.corrupted += 1;
                    let is_flagged = bind(&asked.question, &wrong, &passages).is_empty();
                    self.flagged += usize::from(is_flagged);
                    if !is_flagged {
                        println!("still quoted: {} | was: {}", wrong.text, sentence.text);
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.declined += other.declined;
        self.right += other.right;
        self.prompt_tokens += other.prompt_tokens;
        self.first_token.extend(&other.first_token);
        self.total.extend(&other.total);
        self.quotes += other.quotes;
        self.verbatim += other.verbatim;
        self.right_paragraph += other.right_paragraph;
        self.right_quote += other.right_quote;
        self.corrupted += other.corrupted;
        self.flagged += other.flagged;
        self.left += other.left;
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The sentence with another number, or with another right answer in the place of its own; `None` when
/// it has neither. Nothing of what is put in stands in what was read.
fn made_wrong<'o>(
    text: &str,
    answer: &str,
    read: &str,
    other: &dyn Fn(&str) -> Option<&'o str>,
) -> Option<String> {
    let digits = |from: usize| text[from..].chars().take_while(char::is_ascii_digit).count();
    let starts = text.char_indices().filter(|(at, c)| {
        c.is_ascii_digit() && !text[..*at].ends_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
    });
    for (at, _) in starts {
        let length = digits(at);
        let number: u64 = text[at..at + length].parse().ok()?;
        let wrong = (1..50).map(|step| number + step * 3).find(|wrong| !read.contains(&wrong.to_string()));
        if let Some(wrong) = wrong {
            return Some(format!("{}{wrong}{}", &text[..at], &text[at + length..]));
        }
    }
    if answer.is_empty() || !text.contains(answer) {
        return None;
    }
    Some(text.replace(answer, other(read)?))
}

fn passage(path: &Path, number: usize) -> Result<Passage> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let range = CharRange::new(0, text.chars().count());
    Ok(Passage {
        id: PassageId(number),
        anchor: Anchor { source: SourceId(number), page: 1, range },
        text,
        heading: String::new(),
    })
}

fn tell(language: &str, read: Option<usize>, sum: &Sum) {
    let read = read.map_or_else(|| "auto".to_owned(), |count| count.to_string());
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    println!(
        "{language:<5} reading {read}: {} answers, {} declined, {:.3} right; {:.0} tokens of prompt on average, first text {:.0} ms, end {:.0} ms (medians); {} quotes, {} to the letter; quote of the right paragraph {:.3}, with the right answer {:.3}; {} sentences made wrong, {:.3} flagged ({} could not be made wrong)",
        sum.answered,
        sum.declined,
        share(sum.right, sum.answered),
        share(sum.prompt_tokens, sum.answered),
        median(&sum.first_token),
        median(&sum.total),
        sum.quotes,
        sum.verbatim,
        share(sum.right_paragraph, sum.answered),
        share(sum.right_quote, sum.answered),
        sum.corrupted,
        share(sum.flagged, sum.corrupted),
        sum.left,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_made_wrong_by_what_stands_nowhere() {
        let other = |_: &str| Some("Vienna");
        let wrong = |text, answer, read: &str| made_wrong(text, answer, read, &other);
        assert_eq!(wrong("It cost 12 euros.", "12", "12 15"), Some("It cost 18 euros.".into()));
        assert_eq!(wrong("It was in Berlin.", "Berlin", "Berlin"), Some("It was in Vienna.".into()));
        assert_eq!(wrong("It was there.", "Berlin", ""), None);
    }
}

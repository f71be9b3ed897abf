//! `cargo xtask bench answers`: from a question to its whole answer, beside what people would use
//! instead.
//!
//! Both languages of XQuAD are one memory. Of a paragraph two questions are asked, one behind the
//! other: the first finds nothing read of it, the second is a follow-up. Then the paragraphs are pinned,
//! and the first question is asked again by a new process. Ours goes its own way from the question on; the
//! peer, llama.cpp's server, is given the eight passages that the same search finds for the first of the
//! two, in the manner of the common apps. It cannot pin, so its cold answers stand beside the pinned ones.
//! Both take turns after some paragraphs.
//!
//! With `--kept FILE` each answer is kept as a line of JSON, and a run that was stopped goes on behind
//! what is kept there. Only answers of the same build belong in one file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Engine, KnownModel, Wanted, ask_peer, median};
use crate::house::House;
use crate::process;
use crate::xquad::{self, Paragraph};

const PEER: &str = "xtask/src/bench/answers.py";
const LANGUAGES: [&str; 2] = ["en", "zh"];
/// Passages that the peer reads.
const PASSAGES: usize = 8;
/// Paragraphs after which the engines take turns.
const TURN: usize = 10;
const COLLECTION: &str = "pinned for the benchmark";
const INSTRUCTIONS: &str = "You answer from numbered passages. Answer in one or two sentences and cite the passage like [2]. Then, on a new line, copy the supporting sentence from the passage word for word between double quotes.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Turn {
    Cold,
    FollowUp,
    Pinned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Who {
    Ours,
    Peer,
}

/// Two questions about a paragraph.
struct Pair<'a> {
    language: &'static str,
    paragraph: usize,
    questions: [String; 2],
    answers: [&'a str; 2],
}

#[derive(Deserialize)]
struct Ours {
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
    quote: String,
}

#[derive(Deserialize)]
struct Pinned {
    beginnings: usize,
    ready: usize,
}

#[derive(Deserialize)]
struct Searched {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    path: PathBuf,
    text: String,
}

#[derive(Deserialize)]
struct Peers {
    #[serde(flatten)]
    timing: Timing,
    text: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Timing {
    prompt_tokens: f64,
    first_token_ms: f64,
    total_ms: f64,
}

/// An answer, and what it is worth.
#[derive(Serialize, Deserialize)]
struct Answered {
    model: String,
    who: Who,
    turn: Turn,
    language: String,
    paragraph: usize,
    question: String,
    expected: String,
    /// The whole of it, quotes included.
    text: String,
    is_right: bool,
    is_cited: bool,
    #[serde(flatten)]
    timing: Timing,
}

/// The answers so far, and the file in which they are kept.
struct Kept {
    file: Option<PathBuf>,
    answered: Vec<Answered>,
}

#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    turn: Turn,
    what: &'static str,
    ours: f64,
    peer: f64,
    ratio: f64,
}

/// What came of an engine's answers, by turn.
#[derive(Default)]
struct Cells<'a> {
    /// By what was measured.
    values: BTreeMap<(Turn, &'static str), Vec<f64>>,
    /// By language: asked, answers that hold the right one, citations of the right paragraph.
    counts: BTreeMap<(Turn, &'a str), [usize; 3]>,
}

pub fn run(
    house: &House,
    engine: &Engine<'_>,
    wanted: &Wanted,
    models: &[(&KnownModel, &Path)],
) -> Result<()> {
    let data = wanted.data.as_deref().context("this wants --data DIR")?;
    let languages = LANGUAGES.map(|language| xquad::read(data, language));
    let [en, zh] = languages;
    let languages = [en?, zh?];
    let folder = tempfile::tempdir().context("making a folder for the data")?;
    let home = folder.path().join("home");
    let documents = folder.path().join("documents");
    for (language, paragraphs) in LANGUAGES.iter().zip(&languages) {
        xquad::write_documents(&documents.join(language), paragraphs)?;
    }
    process::output(engine.command().arg("--home").arg(&home).arg("add").arg(&documents))?;
    let of = |at: usize| pairs(LANGUAGES[at], &languages[at], wanted.questions);
    let pairs = in_turn(of(0), of(1));
    let place = Place { house, engine, home: &home, folder: folder.path(), documents: &documents };
    let mut kept = Kept::open(wanted.kept.as_deref())?;
    for (model, file) in models {
        let model = model.id.as_str();
        for pairs in pairs.chunks(TURN) {
            let asked = kept.missing(model, pairs, Who::Ours, Turn::FollowUp);
            kept.add(place.ask(model, &asked, &[Turn::Cold, Turn::FollowUp])?)?;
            let asked = kept.missing(model, pairs, Who::Peer, Turn::FollowUp);
            kept.add(place.peers(model, file, &asked)?)?;
            let asked = kept.missing(model, pairs, Who::Ours, Turn::Pinned);
            kept.add(place.pinned(model, &asked)?)?;
        }
        let (mut ours, mut peers) = (Cells::default(), Cells::default());
        for answered in kept.answered.iter().filter(|answered| answered.model == model) {
            let is_wanted = |pair: &Pair<'_>| answered.is_about(pair);
            if pairs.iter().any(is_wanted) {
                match answered.who {
                    Who::Ours => ours.add(answered),
                    Who::Peer => peers.add(answered),
                }
            }
        }
        tell(wanted, model, &mut ours, &mut peers)?;
    }
    Ok(())
}

/// So many pairs of a language, evenly out of its paragraphs.
fn pairs<'a>(language: &'static str, paragraphs: &'a [Paragraph], wanted: usize) -> Vec<Pair<'a>> {
    let able: Vec<(usize, &Paragraph)> =
        paragraphs.iter().enumerate().filter(|(_, paragraph)| paragraph.qas.len() > 1).collect();
    let wanted = wanted.min(able.len());
    let chosen = (0..wanted).map(|number| able[number * able.len() / wanted]);
    let pair = |(paragraph, of): (usize, &'a Paragraph)| Pair {
        language,
        paragraph,
        questions: [of.qas[0].line(), of.qas[1].line()],
        answers: [of.qas[0].answer(), of.qas[1].answer()],
    };
    chosen.map(pair).collect()
}

/// One of each in turn, so that a part of a run is about both.
fn in_turn<T>(one: Vec<T>, other: Vec<T>) -> Vec<T> {
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(one.next());
        all.extend(other.next());
        if all.len() == before {
            return all;
        }
    }
}

/// What both engines are run with.
struct Place<'a> {
    house: &'a House,
    engine: &'a Engine<'a>,
    home: &'a Path,
    folder: &'a Path,
    documents: &'a Path,
}

impl Place<'_> {
    /// Asks the first questions again when what they are about is computed ahead.
    fn pinned(&self, model: &str, pairs: &[&Pair<'_>]) -> Result<Vec<Answered>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let documents =
            pairs.iter().map(|pair| self.documents.join(pair.language).join(xquad::name(pair.paragraph)));
        let collections = |arguments: &[&str]| {
            let mut command = self.engine.command();
            command.arg("--home").arg(self.home).arg("collections").args(arguments);
            command
        };
        process::output(collections(&["add", COLLECTION]).args(documents))?;
        let printed = process::output(&mut collections(&["pin", COLLECTION, "--json", "--model", model]))?;
        let pinned: Pinned = serde_json::from_str(&printed).context("reading what was pinned")?;
        if pinned.ready < pinned.beginnings {
            bail!("of {} passages only {} are computed ahead", pinned.beginnings, pinned.ready);
        }
        let answered = self.ask(model, pairs, &[Turn::Pinned])?;
        // The next paragraphs are asked about cold again.
        process::output(&mut collections(&["unpin", COLLECTION]))?;
        process::output(&mut collections(&["remove", COLLECTION]))?;
        Ok(answered)
    }

    /// Asks so many questions of each pair, in a new process.
    fn ask(&self, model: &str, pairs: &[&Pair<'_>], turns: &[Turn]) -> Result<Vec<Answered>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let questions = pairs.iter().flat_map(|pair| &pair.questions[..turns.len()]);
        let file = self.write("questions.txt", questions)?;
        let mut command = self.engine.command();
        command.arg("--home").arg(self.home).args(["ask", "--json", "--model", model, "--questions"]);
        let answers: Vec<Ours> = lines(&process::output(command.arg(&file))?, pairs.len() * turns.len())?;
        let answered = answers.iter().enumerate().map(|(number, answer)| {
            let pair = &pairs[number / turns.len()];
            let right = Path::new(pair.language).join(xquad::name(pair.paragraph));
            let cited = || answer.sentences.iter().flat_map(|sentence| &sentence.citations);
            let is_cited = cited().any(|cited| cited.path.ends_with(&right));
            // Quotes are shown with the answer; the peer was told to copy its own into it.
            let shown = [answer.answer.as_str()].into_iter().chain(cited().map(|cited| cited.quote.as_str()));
            let text = shown.collect::<Vec<_>>().join("\n");
            let asked = number % turns.len();
            Answered::new(model, Who::Ours, turns[asked], pair, asked, text, is_cited, answer.timing)
        });
        Ok(answered.collect())
    }

    fn peers(&self, model: &str, weights: &Path, pairs: &[&Pair<'_>]) -> Result<Vec<Answered>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let file = self.write("searched.txt", pairs.iter().map(|pair| &pair.questions[0]))?;
        let mut command = self.engine.command();
        command.arg("--home").arg(self.home).args(["search", "--json", "--top"]);
        command.arg(PASSAGES.to_string()).arg("--questions").arg(&file);
        let found: Vec<Searched> = lines(&process::output(&mut command)?, pairs.len())?;
        let requests = pairs.iter().zip(&found).flat_map(|(pair, found)| {
            pair.questions.each_ref().map(|question| request(question, &found.hits).to_string())
        });
        let file = self.write("requests.jsonl", requests)?;
        let printed = ask_peer(&self.house.root.join(PEER), weights, &[file.as_os_str()])?;
        let printed: Vec<&str> = printed.lines().filter(|line| line.starts_with('{')).collect();
        let answers: Vec<Peers> = lines(&printed.join("\n"), pairs.len() * 2)?;
        let answered = answers.into_iter().enumerate().map(|(number, answer)| {
            let pair = &pairs[number / 2];
            let right = Path::new(pair.language).join(xquad::name(pair.paragraph));
            let hits = found[number / 2].hits.iter().enumerate();
            let mut right = hits.filter(|(_, hit)| hit.path.ends_with(&right));
            let is_cited = right.any(|(at, _)| answer.text.contains(&format!("[{}]", at + 1)));
            let asked = number % 2;
            let turn = [Turn::Cold, Turn::FollowUp][asked];
            Answered::new(model, Who::Peer, turn, pair, asked, answer.text, is_cited, answer.timing)
        });
        Ok(answered.collect())
    }

    fn write<S: AsRef<str>>(&self, name: &str, lines: impl Iterator<Item = S>) -> Result<PathBuf> {
        let file = self.folder.join(name);
        let text: String = lines.map(|line| line.as_ref().to_owned() + "\n").collect();
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}

fn request(question: &str, hits: &[Hit]) -> serde_json::Value {
    let passages: Vec<String> =
        hits.iter().enumerate().map(|(at, hit)| format!("[{}] {}", at + 1, hit.text)).collect();
    let asked = format!("{}\n\nQuestion: {question}", passages.join("\n\n"));
    json!({
        "messages": [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": asked}],
        "max_tokens": 128,
    })
}

fn lines<T: DeserializeOwned>(printed: &str, wanted: usize) -> Result<Vec<T>> {
    let read: Vec<T> = printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("reading what an engine printed")?;
    if read.len() != wanted {
        bail!("{wanted} answers were wanted and {} came", read.len());
    }
    Ok(read)
}

impl Answered {
    #[expect(clippy::too_many_arguments, reason = "a row of a table, made in two places")]
    fn new(
        model: &str,
        who: Who,
        turn: Turn,
        pair: &Pair<'_>,
        asked: usize,
        text: String,
        is_cited: bool,
        timing: Timing,
    ) -> Self {
        let expected = pair.answers[asked];
        Self {
            model: model.to_owned(),
            who,
            turn,
            language: pair.language.to_owned(),
            paragraph: pair.paragraph,
            question: pair.questions[asked].clone(),
            expected: expected.to_owned(),
            is_right: xquad::holds(&text, expected),
            text,
            is_cited,
            timing,
        }
    }

    fn is_about(&self, pair: &Pair<'_>) -> bool {
        self.language == pair.language && self.paragraph == pair.paragraph
    }
}

impl Kept {
    fn open(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self { file: None, answered: Vec::new() }) };
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        let read = text.lines().enumerate().map(|(at, line)| {
            let place = || format!("line {} of {}; without it the run goes on", at + 1, file.display());
            serde_json::from_str(line).with_context(place)
        });
        let answered = read.collect::<Result<_>>()?;
        Ok(Self { file: Some(file.to_owned()), answered })
    }

    /// The pairs for which there is no answer yet.
    fn missing<'p, 'a>(&self, model: &str, pairs: &'p [Pair<'a>], who: Who, turn: Turn) -> Vec<&'p Pair<'a>> {
        let is_it = |kept: &Answered, pair: &Pair<'_>| {
            kept.model == model && kept.who == who && kept.turn == turn && kept.is_about(pair)
        };
        pairs.iter().filter(|pair| !self.answered.iter().any(|kept| is_it(kept, pair))).collect()
    }

    /// Keeps answers, in one write.
    fn add(&mut self, answered: Vec<Answered>) -> Result<()> {
        if let Some(path) = &self.file {
            let mut text = String::new();
            for answered in &answered {
                text += &serde_json::to_string(answered)?;
                text.push('\n');
            }
            let mut file = fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("opening {}", path.display()))?;
            file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
        }
        self.answered.extend(answered);
        Ok(())
    }
}

impl<'a> Cells<'a> {
    fn add(&mut self, answered: &'a Answered) {
        let Answered { turn, timing, .. } = answered;
        for (what, value) in [
            ("prompt_tokens", timing.prompt_tokens),
            ("first_token_ms", timing.first_token_ms),
            ("total_ms", timing.total_ms),
        ] {
            self.values.entry((*turn, what)).or_default().push(value);
        }
        let counts = self.counts.entry((*turn, &answered.language)).or_default();
        counts[0] += 1;
        counts[1] += usize::from(answered.is_right);
        counts[2] += usize::from(answered.is_cited);
    }
}

impl Turn {
    /// The peer's turn that stands beside one of ours.
    fn beside(self) -> Self {
        if self == Self::Pinned { Self::Cold } else { self }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::FollowUp => "follow-up",
            Self::Pinned => "pinned",
        }
    }
}

fn tell(wanted: &Wanted, model: &str, ours: &mut Cells<'_>, peers: &mut Cells<'_>) -> Result<()> {
    for (&(turn, what), values) in &mut ours.values {
        let peer =
            median(peers.values.get_mut(&(turn.beside(), what)).context("the peer answered other turns")?);
        let ours = median(values);
        let row = Row { model, turn, what, ours, peer, ratio: ours / peer };
        if wanted.json {
            println!("{}", serde_json::to_string(&row)?);
        } else {
            println!("{model:<36} {:<9} {what:<14} {ours:>9.0} {peer:>9.0} {:>6.2}", turn.name(), row.ratio);
        }
    }
    for (&(turn, language), [of, right, cited]) in &ours.counts {
        let [_, peers_right, peers_cited] =
            peers.counts.get(&(turn.beside(), language)).context("the peer answered other turns")?;
        if wanted.json {
            let row = json!({
                "model": model, "turn": turn, "language": language, "of": of,
                "right": {"ours": right, "peer": peers_right},
                "cited": {"ours": cited, "peer": peers_cited},
            });
            println!("{row}");
        } else {
            println!(
                "{model:<36} {:<9} {language}: of {of}, right {right}, the peer's {peers_right}; right paragraph cited {cited}, the peer's {peers_cited}",
                turn.name(),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xquad::{Asked, RightAnswer};

    #[test]
    fn pairs_come_evenly_out_of_the_paragraphs_that_have_two_questions() {
        let asked = |question: &str| Asked {
            question: question.into(),
            answers: vec![RightAnswer { text: question.to_uppercase() }],
        };
        let paragraph = |count: usize| Paragraph {
            context: String::new(),
            qas: ["a", "b", "c"][..count].iter().map(|text| asked(text)).collect(),
        };
        let paragraphs = [paragraph(3), paragraph(1), paragraph(2), paragraph(2), paragraph(2)];
        let pairs = pairs("en", &paragraphs, 2);
        assert_eq!(pairs.iter().map(|pair| pair.paragraph).collect::<Vec<_>>(), [0, 3]);
        assert_eq!((pairs[1].questions[1].as_str(), pairs[1].answers[1]), ("b", "B"));
    }

    #[test]
    fn two_lists_are_taken_in_turn_to_their_ends() {
        assert_eq!(in_turn(vec![1, 2, 3], vec![4]), [1, 4, 2, 3]);
    }

    #[test]
    fn a_run_goes_on_behind_the_answers_that_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept.jsonl");
        let pair = |paragraph| Pair {
            language: "en",
            paragraph,
            questions: ["Who?".into(), "When?".into()],
            answers: ["Ada", "1843"],
        };
        let timing = Timing { prompt_tokens: 1.0, first_token_ms: 2.0, total_ms: 3.0 };
        let pairs = [pair(0), pair(1)];
        let answered =
            Answered::new("m", Who::Ours, Turn::FollowUp, &pairs[0], 1, "In 1843.".into(), false, timing);
        assert!(answered.is_right);
        let mut kept = Kept::open(Some(&file)).expect("a new file");
        kept.add(vec![answered]).expect("kept");
        let kept = Kept::open(Some(&file)).expect("the file");
        let missing = |model, who, turn| {
            let missing = kept.missing(model, &pairs, who, turn);
            missing.into_iter().map(|pair| pair.paragraph).collect::<Vec<_>>()
        };
        assert_eq!(missing("m", Who::Ours, Turn::FollowUp), [1]);
        assert_eq!(missing("m", Who::Ours, Turn::Pinned), [0, 1]);
        assert_eq!(missing("m", Who::Peer, Turn::FollowUp), [0, 1]);
        assert_eq!(missing("other", Who::Ours, Turn::FollowUp), [0, 1]);
        fs::write(&file, "{\n").expect("written");
        assert!(Kept::open(Some(&file)).is_err());
    }

    #[test]
    fn the_peer_reads_numbered_passages_and_then_the_question() {
        let hit = |text: &str| Hit { path: "a".into(), text: text.into() };
        let request = request("Why?", &[hit("One."), hit("Two.")]);
        assert_eq!(request["messages"][1]["content"], "[1] One.\n\n[2] Two.\n\nQuestion: Why?");
    }
}

//! XQuAD (Artetxe, Ruder and Yogatama, ACL 2020): paragraphs, questions and their answers in several
//! languages, as a public measure of what is found and answered.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Squad {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
pub struct Paragraph {
    pub context: String,
    pub qas: Vec<Asked>,
}

#[derive(Deserialize)]
pub struct Asked {
    pub question: String,
    #[serde(default)]
    pub answers: Vec<RightAnswer>,
}

#[derive(Deserialize)]
pub struct RightAnswer {
    pub text: String,
}

impl Asked {
    /// The question on one line.
    pub fn line(&self) -> String {
        self.question.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first right answer; empty when there is none.
    pub fn answer(&self) -> &str {
        self.answers.first().map_or("", |answer| answer.text.as_str())
    }
}

/// All paragraphs of a language, out of the folder of the evaluations' data.
pub fn read(data: &Path, language: &str) -> Result<Vec<Paragraph>> {
    let file = data.join(format!("xquad/xquad.{language}.json"));
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let squad: Squad = serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    Ok(squad.data.into_iter().flat_map(|article| article.paragraphs).collect())
}

/// Writes each paragraph as a document, named as [`name`] says.
pub fn write_documents(folder: &Path, paragraphs: &[Paragraph]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for (number, paragraph) in paragraphs.iter().enumerate() {
        let file = folder.join(name(number));
        fs::write(&file, &paragraph.context).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

/// The file name of a paragraph.
pub fn name(number: usize) -> String {
    format!("{number:03}.txt")
}

/// Whether a text holds a right answer, however letters, gaps and the groups of figures are written.
pub fn holds(text: &str, answer: &str) -> bool {
    plain(text).contains(&plain(answer))
}

/// In lower case, without gaps and separators.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，')).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_letters_are_compared_as_a_reader_does() {
        assert!(holds("About 22 392 KM², it says.", "22,392 km²"));
        assert!(!holds("About 22 393.", "22,392"));
    }
}

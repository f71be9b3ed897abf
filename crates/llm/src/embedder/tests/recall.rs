//! Whether computing in eight bits finds what computing in floats finds: R@1 and R@5 by meaning alone,
//! over XQuAD. `cargo xtask eval embedder --data DIR` runs it.

#![expect(clippy::print_stdout, reason = "it is run for its figures")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use inhouse_agent::embed::{Embedder, Purpose};
use rayon::prelude::*;
use serde_json::Value;

use crate::embedder::{LocalEmbedder, container};
use crate::fixture::model;

/// What R@5 may lose.
const LOSS: f64 = 0.005;

/// A paragraph, and the questions about it.
type Paragraph = (String, Vec<String>);

/// Both ways to compute a vector.
struct Both {
    eight_bits: LocalEmbedder,
    floats: BertModel,
}

/// What is asked, and of what.
struct Cell {
    name: &'static str,
    questions: usize,
    memory: &'static [usize],
}

const CELLS: &[Cell] = &[
    Cell { name: "en in en+zh", questions: 0, memory: &[0, 1] },
    Cell { name: "zh in en+zh", questions: 1, memory: &[0, 1] },
    Cell { name: "en in zh", questions: 0, memory: &[1] },
    Cell { name: "zh in en", questions: 1, memory: &[0] },
];

#[test]
#[ignore = "wants XQuAD in the folder INHOUSE_XQUAD, and minutes"]
fn eight_bits_find_what_floats_find() {
    let folder = PathBuf::from(std::env::var_os("INHOUSE_XQUAD").expect("INHOUSE_XQUAD names a folder"));
    let languages = ["en", "zh"].map(|language| paragraphs(&folder.join(format!("xquad.{language}.json"))));
    let minilm = model("all-minilm-l6-v2");
    let config = std::fs::read_to_string(minilm.join("config.json")).unwrap();
    let tensors = candle_core::safetensors::load(minilm.join("model.safetensors"), &Device::Cpu).unwrap();
    let minilm = Both {
        eight_bits: LocalEmbedder::load("all-minilm-l6-v2", &minilm).unwrap(),
        floats: bert(tensors, &serde_json::from_str(&config).unwrap()),
    };
    let e5 = model("multilingual-e5-small-q4.bin");
    let (tensors, config) = container::floats(&e5);
    let e5 = Both {
        eight_bits: LocalEmbedder::load("multilingual-e5-small", &e5).unwrap(),
        floats: bert(tensors, &config),
    };
    let mut lost = minilm.lost(&languages[..1], &[Cell { name: "en in en", questions: 0, memory: &[0] }]);
    lost.extend(e5.lost(&languages, CELLS));
    assert!(lost.is_empty(), "{lost:?}");
}

fn bert(tensors: HashMap<String, Tensor>, config: &Config) -> BertModel {
    BertModel::load(VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu), config).unwrap()
}

fn paragraphs(file: &Path) -> Vec<Paragraph> {
    let read: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let list = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let articles = list(&read, "data").into_iter();
    let paragraphs = articles.flat_map(|article| list(&article, "paragraphs"));
    let questions = |paragraph: &Value| {
        list(paragraph, "qas").iter().map(|asked| text(asked, "question")).collect::<Vec<_>>()
    };
    paragraphs.map(|paragraph| (text(&paragraph, "context"), questions(&paragraph))).collect()
}

impl Both {
    /// Prints R@1 and R@5 of each cell in both ways; gives the cells that lose too much.
    fn lost(&self, languages: &[Vec<Paragraph>], cells: &[Cell]) -> Vec<String> {
        let texts = |language: usize| languages[language].iter().map(|(text, _)| text.as_str()).collect();
        let passages: Vec<_> =
            (0..languages.len()).map(|language| self.vectors(texts(language), Purpose::Passage)).collect();
        let asked = |language: usize| {
            languages[language].iter().flat_map(|(_, questions)| questions).map(String::as_str).collect()
        };
        let questions: Vec<_> =
            (0..languages.len()).map(|language| self.vectors(asked(language), Purpose::Query)).collect();
        let mut lost = Vec::new();
        for cell in cells {
            let right = if cell.memory.contains(&cell.questions) { cell.questions } else { cell.memory[0] };
            let shares = [0, 1].map(|way| {
                let memory: Vec<(usize, &[Vec<f32>])> =
                    cell.memory.iter().map(|language| (*language, &passages[*language][way][..])).collect();
                let of = languages[cell.questions].iter().enumerate();
                let of = of.flat_map(|(number, (_, questions))| vec![number; questions.len()]);
                let ranks: Vec<usize> = questions[cell.questions][way]
                    .iter()
                    .zip(of)
                    .map(|(question, number)| rank(question, &memory, (right, number)))
                    .collect();
                [1, 5].map(|most| {
                    ranks.iter().filter(|rank| **rank <= most).count() as f64 / ranks.len() as f64
                })
            });
            let [[eight_1, eight_5], [float_1, float_5]] = shares;
            println!(
                "{:<24} {:<12} R@1 {eight_1:.4}, in floats {float_1:.4}; R@5 {eight_5:.4}, in floats {float_5:.4}",
                self.eight_bits.id(),
                cell.name
            );
            if eight_5 < float_5 - LOSS {
                lost.push(format!("{} {}", self.eight_bits.id(), cell.name));
            }
        }
        lost
    }

    /// The vectors of texts, in eight bits and in floats.
    fn vectors(&self, texts: Vec<&str>, purpose: Purpose) -> [Vec<Vec<f32>>; 2] {
        let floats = texts
            .par_iter()
            .map(|text| {
                let tokens = self.eight_bits.reader.tokens(text, purpose).unwrap();
                let ids = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
                let states = self.floats.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
                let mean: Vec<f32> = states.mean(1).unwrap().squeeze(0).unwrap().to_vec1().unwrap();
                let length = mean.iter().map(|unit| unit * unit).sum::<f32>().sqrt();
                mean.into_iter().map(|unit| unit / length).collect()
            })
            .collect();
        [self.eight_bits.embed(&texts, purpose).unwrap(), floats]
    }
}

/// Where the right paragraph stands, from 1.
fn rank(question: &[f32], memory: &[(usize, &[Vec<f32>])], (language, number): (usize, usize)) -> usize {
    let near = |passage: &[f32]| question.iter().zip(passage).map(|(one, other)| one * other).sum::<f32>();
    let right = memory.iter().find(|(other, _)| *other == language).map(|(_, passages)| &passages[number]);
    let right = near(right.unwrap());
    let all = memory.iter().flat_map(|(_, passages)| passages.iter());
    1 + all.filter(|passage| near(passage) > right).count()
}

//! What the embedders promise, tested with the real models.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use inhouse_agent::embed::{Embedder, Purpose};

use super::LocalEmbedder;
use super::words::{QuantisedRows, Words, dequantised};
use crate::fixture::{Random, model};

mod recall;

#[test]
fn the_encoder_computes_what_candles_bert_computes() {
    let folder = model("all-minilm-l6-v2");
    let config: Config =
        serde_json::from_str(&std::fs::read_to_string(folder.join("config.json")).unwrap()).unwrap();
    let tensors = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap();
    let bert = BertModel::load(VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu), &config).unwrap();

    let text = "Travel costs are paid back within thirty days.";
    let embedder = LocalEmbedder::load("minilm", &folder).unwrap();
    let tokens = embedder.reader.tokens(text, Purpose::Passage).unwrap();
    let ids = Tensor::new(tokens.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let states = bert.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
    let mean = states.mean(1).unwrap().squeeze(0).unwrap().to_vec1::<f32>().unwrap();
    let norm = mean.iter().map(|unit| unit * unit).sum::<f32>().sqrt();
    let ours = embedder.embed(&[text], Purpose::Passage).unwrap().remove(0);
    let cosine: f32 = mean.iter().zip(&ours).map(|(theirs, ours)| theirs / norm * ours).sum();
    // Ours computes in eight bits.
    assert!(cosine > 0.999, "{cosine}");
}

#[test]
fn a_row_that_is_looked_up_is_the_row_of_the_table() {
    let mut random = Random(1);
    // A Q4_0 block is a half-precision scale, here 1, and 16 bytes of two values each.
    let blocks: Vec<u8> = (0..10 * 2)
        .flat_map(|_| {
            [0x00, 0x3C].into_iter().chain((0..16).map(|_| random.bits() as u8).collect::<Vec<_>>())
        })
        .collect();
    let table = dequantised(blocks.clone(), &[10, 64]).unwrap().to_vec2::<f32>().unwrap();
    let words = Words::Quantised(QuantisedRows::new(blocks, 10, 64).unwrap());
    assert_eq!(words.rows(&[7, 0, 7]).unwrap(), [&table[7][..], &table[0], &table[7]].concat());
    assert!(words.rows(&[10]).is_err());
}

#[test]
fn a_vector_does_not_depend_on_the_texts_beside_it() {
    let e5 = LocalEmbedder::load("e5", &model("multilingual-e5-small-q4.bin")).unwrap();
    let long = "差旅费用应当在返回后三十日内报销。".repeat(60);
    let texts = ["Who pays for the train?", &long, "", "谁来支付？", &long[..300], "x"];
    let together = e5.embed(&texts, Purpose::Passage).unwrap();
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&e5.embed(&[text], Purpose::Passage).unwrap()[0], vector, "{text:?}");
        let length: f32 = vector.iter().map(|unit| unit * unit).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
}

#[test]
fn text_is_normalised_as_sentencepiece_does() {
    let e5 = LocalEmbedder::load("e5", &model("multilingual-e5-small-q4.bin")).unwrap();
    let normalise = e5.reader.normalise.as_ref().unwrap();
    assert_eq!(normalise.apply("  Ｆｕｌｌ　width\t \n and  ﬁne  "), "Full width and fine");
    assert_eq!(normalise.apply(""), "");
}

//! What `gguf` promises, tested.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::Value;
use inhouse_agent::chat::ModelError;

use super::{Gguf, inspect};
use crate::fixture::{Random, Tiny, model, written};

fn reason(path: &Path) -> String {
    match Gguf::read(path) {
        Err(ModelError::Load { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was read"),
    }
}

fn reason_of(bytes: &[u8]) -> String {
    let (_folder, path) = written(bytes);
    reason(&path)
}

/// A header of version 3 with one metadata key, whose value begins with `value`.
fn header(tensors: u64, keys: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3u32.to_le_bytes());
    bytes.extend(tensors.to_le_bytes());
    bytes.extend(keys.to_le_bytes());
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(b"k");
    bytes.extend(value);
    bytes
}

#[test]
fn hostile_headers_are_refused_at_once() {
    let started = Instant::now();
    let string = |length: u64| [&8u32.to_le_bytes()[..], &length.to_le_bytes()].concat();
    let array = |kind: u32, length: u64| {
        [&9u32.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes()].concat()
    };
    let nested: Vec<u8> = [9u32.to_le_bytes().to_vec()]
        .into_iter()
        .chain((0..1_000).map(|_| [&9u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat()))
        .flatten()
        .collect();
    for (bytes, named) in [
        (Vec::new(), "too short"),
        (b"GGML and more than four bytes".to_vec(), "another kind of file"),
        ([&b"GGUF"[..], &9u32.to_le_bytes()].concat(), "version is 9"),
        (header(1 << 60, 1, &[]), "tensors"),
        (header(1, 1 << 60, &[]), "metadata keys"),
        (header(0, 1, &string(1 << 60)), "announced"),
        (header(0, 1, &string(u64::MAX)), "announced"),
        (header(0, 1, &array(4, 1 << 60)), "announced"),
        (header(0, 1, &[&array(0, 5 << 20)[..], &vec![0; 5 << 20]].concat()), "more than any model"),
        (header(0, 1, &nested), "nested"),
        (header(0, 1, &77u32.to_le_bytes()), "value type 77"),
        (header(0, 1, &[&0u32.to_le_bytes()[..], &[1]].concat()), "no tensors"),
    ] {
        let reason = reason_of(&bytes);
        assert!(reason.contains(named), "{named}: {reason}");
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn tensors_beyond_the_file_name_the_cut() {
    let whole = Tiny::network("llama", 2).bytes();
    for share in [2, 3, 10] {
        let cut = whole.len() * (share - 1) / share;
        let reason = reason_of(&whole[..cut]);
        assert!(reason.contains("cut short") || reason.contains("announced"), "{reason}");
    }
    let (_folder, path) = written(&whole);
    Gguf::read(&path).unwrap();
}

#[test]
fn a_real_file_cut_in_half_is_refused_with_its_sizes() {
    let mut half = Vec::new();
    let file = std::fs::File::open(model("smollm2-135m-instruct-q4_1.gguf")).unwrap();
    file.take(98_362_432 / 2).read_to_end(&mut half).unwrap();
    let reason = reason_of(&half);
    assert!(reason.contains("49181216 bytes") && reason.contains("cut short"), "{reason}");
}

#[test]
fn no_change_of_a_byte_makes_reading_panic_or_linger() {
    let whole = Tiny::network("llama", 1).with_tokenizer("gpt-2").bytes();
    let mut random = Random(3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let started = Instant::now();
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..=random.bits() % 4 {
            // The header takes the first 9 kB.
            let at = (random.bits() as usize * 7) % 9_000.min(bytes.len());
            bytes[at] = random.bits() as u8;
        }
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        // Sound or not, an answer is what counts.
        drop(inspect(&path));
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn an_alignment_of_nothing_is_refused() {
    let mut tiny = Tiny::network("llama", 1);
    tiny.set("general.alignment", Value::U32(0));
    assert!(reason_of(&tiny.bytes()).contains("general.alignment"));
}

#[test]
fn a_missing_file_and_a_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(reason(&folder.path().join("none.gguf")).contains("cannot be opened"));
    assert!(reason(folder.path()).contains("not a file"));
}

#[test]
fn the_facts_of_a_real_file_are_told_in_bounded_time() {
    let started = Instant::now();
    let facts = inspect(&model("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf")).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!((facts.architecture.as_str(), facts.context, facts.vocabulary), ("qwen2", 32_768, 151_936));
    assert_eq!((facts.file_bytes, facts.parameters), (491_400_064, 630_167_424));
    assert!(facts.quantisation.starts_with("Q5_0 54%"), "{}", facts.quantisation);
    assert_eq!((facts.has_template, facts.unsupported), (true, None));

    let facts = inspect(&model("gemma-3-270m-q4_k_m.gguf")).unwrap();
    assert_eq!((facts.architecture.as_str(), facts.has_template), ("gemma3", false));
    assert_eq!((facts.tokenizer.as_deref(), facts.unsupported), (Some("llama"), None));
}

#[test]
fn a_sound_file_that_cannot_be_run_says_why() {
    let mut tiny = Tiny::network("llama", 1).with_tokenizer("gpt-2");
    tiny.set("general.architecture", Value::String("mamba9".into()));
    let (_folder, path) = tiny.write();
    assert!(inspect(&path).unwrap().unsupported.unwrap().contains("mamba9"));
    let (_folder, path) = Tiny::network("llama", 1).with_tokenizer("klingon").write();
    assert!(inspect(&path).unwrap().unsupported.unwrap().contains("klingon"));
}

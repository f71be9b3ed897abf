//! What `gguf` promises, tested.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatModel, ChatRequest, Message, ModelError, Sampling};

use tempfile::TempDir;

use super::{Gguf, inspect};
use crate::chat::{LoadOptions, LocalChat};
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
        (header(0, 1, &string(1 << 62)), "announced"),
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

/// A header of version 3 without metadata, and 4 kB for these tensors of floats: name, elements and
/// offset.
fn tensors(tensors: &[(&str, u64, u64)]) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3u32.to_le_bytes());
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    for (name, elements, offset) in tensors {
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(elements.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
    }
    bytes.resize(bytes.len() + 4_096, 0);
    bytes
}

#[test]
fn tensors_that_lie_nowhere_or_on_each_other_are_refused() {
    let (_folder, path) = written(&tensors(&[("b", 32, 128), ("a", 32, 0)]));
    Gguf::read(&path).unwrap();
    for (list, named) in [
        (&[("a", 32, 0), ("b", 32, 96)][..], r#""a" and "b" share"#),
        (&[("a", 32, 0), ("b", 32, 0)], "share"),
        (&[("a", 32, 0), ("a", 32, 128)], r#""a" occurs twice"#),
        (&[("a", 32, 1 << 40)], "cut short"),
        (&[("a", 1 << 20, 0)], "cut short"),
        (&[("a", 32, u64::MAX - 31)], "larger than any file"),
        (&[("a", u64::MAX, 0)], "larger than any file"),
        (&[("a", 1 << 62, 1 << 62)], "larger than any file"),
        (&[("a", 0, 0)], "blocks"),
        (&[("a", 32, 8)], "off the alignment"),
    ] {
        let reason = reason_of(&tensors(list));
        assert!(reason.contains(named), "{list:?}: {reason}");
    }
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
fn an_alignment_that_is_none_is_refused() {
    let mut tiny = Tiny::network("llama", 1);
    for value in [
        Value::U32(0),
        Value::U32(3),
        Value::U32(1 << 31),
        Value::U32(u32::MAX),
        Value::U64(1 << 62),
        Value::I32(-32),
        Value::F32(f32::NAN),
        Value::String("32".into()),
        Value::Array(vec![Value::U32(32)]),
    ] {
        tiny.set("general.alignment", value);
        assert!(reason_of(&tiny.bytes()).contains("general.alignment"));
    }
}

#[test]
fn a_key_that_occurs_twice_is_refused() {
    let mut tiny = Tiny::network("llama", 1);
    tiny.metadata.push(tiny.metadata[0].clone());
    assert!(reason_of(&tiny.bytes()).contains(r#""general.architecture" occurs twice"#));
}

/// A network of which one tensor is stored in 8 bits, in blocks of 32 with a scale each; the scale of
/// this block is these bits of a 16-bit float.
fn with_scale(name: &str, block: u64, scale: u16) -> (TempDir, PathBuf) {
    /// A scale and 32 codes.
    const BLOCK: u64 = 34;
    let tiny = Tiny::network("llama", 1).with_tokenizer("gpt-2");
    let stored: Vec<_> = tiny
        .tensors
        .iter()
        .map(|(known, tensor)| {
            let kind = if known == name { GgmlDType::Q8_0 } else { GgmlDType::F32 };
            (known.as_str(), QTensor::quantize(tensor, kind).unwrap())
        })
        .collect();
    let tensors: Vec<_> = stored.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let metadata: Vec<_> = tiny.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    let (folder, path) = written(file.get_ref());
    let gguf = Gguf::read(&path).unwrap();
    file.seek(SeekFrom::Start(gguf.data_start + gguf.tensors()[name].offset + block * BLOCK)).unwrap();
    file.write_all(&scale.to_le_bytes()).unwrap();
    std::fs::write(&path, file.get_ref()).unwrap();
    (folder, path)
}

#[test]
fn weights_that_are_no_numbers_give_an_error_and_no_answer() {
    for scale in [0x7E00u16, 0x7C00, 0xFC00] {
        for (broken, block) in [
            ("token_embd.weight", u64::from(b'!')),
            ("blk.0.attn_q.weight", 0),
            ("blk.0.ffn_up.weight", 0),
            ("output.weight", 0),
        ] {
            let (_folder, path) = with_scale(broken, block, scale);
            let options = LoadOptions {
                id: "tiny".into(),
                path,
                context_limit: None,
                memory_limit: None,
                drafts: true,
                snapshots: None,
                pinned: None,
            };
            let answered = LocalChat::load(options).and_then(|chat| {
                let request = ChatRequest {
                    priority: inhouse_agent::chat::Priority::Person,
                    messages: vec![Message::user("!")],
                    common: 0,
                    max_tokens: 4,
                    sampling: Sampling::default(),
                    stop: Vec::new(),
                    constraint: None,
                };
                chat.complete(&request, &Cancel::new(), &mut |_| {})
            });
            assert!(answered.is_err(), "{broken}, {scale:x}: {answered:?}");
        }
    }
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

//! Model files made to do harm: real ones with a few bytes changed. Has a `main` of its own, since a
//! template is rendered by the running program, started again.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that can't go on has failed")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use inhouse_llm::{LoadOptions, LocalChat, serve_if_asked};

const FILE: &str = "smollm2-135m-instruct-q4_1.gguf";
const TESTS: &[(&str, fn())] = &[
    ("a_template_that_eats_memory_is_refused", a_template_that_eats_memory_is_refused),
    ("a_template_in_a_child_is_the_same_prompt", a_template_in_a_child_is_the_same_prompt),
    ("weights_that_are_no_numbers_are_refused", weights_that_are_no_numbers_are_refused),
];

fn main() -> ExitCode {
    if let Some(code) = serve_if_asked() {
        return code;
    }
    let filter = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| name.contains(&filter)) {
        let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    println!("\ntest result: {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn model() -> PathBuf {
    let folder = env::var_os("INHOUSE_MODELS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models"), PathBuf::from);
    folder.join(FILE)
}

fn load(path: PathBuf) -> Result<LocalChat, String> {
    let options = LoadOptions {
        id: "hostile".into(),
        path,
        context_limit: Some(512),
        memory_limit: None,
        drafts: false,
        snapshots: None,
        pinned: None,
    };
    LocalChat::load(options).map_err(|error| error.to_string())
}

/// The model's file with the bytes at a place changed.
fn changed(folder: &tempfile::TempDir, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(model()).unwrap();
    change(&mut bytes);
    let path = folder.path().join(FILE);
    fs::write(&path, bytes).unwrap();
    path
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

fn a_template_that_eats_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let eater = "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}{{ ns.l }}";
    let path = changed(&folder, |bytes| {
        // The key, its kind (8, a text), and the length of what follows.
        let key = find(bytes, b"tokenizer.chat_template") + b"tokenizer.chat_template".len() + 4;
        let length = usize::try_from(u64::from_le_bytes(bytes[key..key + 8].try_into().unwrap())).unwrap();
        assert!(eater.len() <= length);
        let padded = format!("{eater:<length$}");
        bytes[key + 8..key + 8 + length].copy_from_slice(padded.as_bytes());
    });
    let begun = Instant::now();
    // It is loaded, and no conversation can be had with it; or not even that.
    let refused = match load(path) {
        Err(error) => error,
        Ok(model) => {
            use inhouse_agent::chat::{ChatModel, Message};
            model.count_prompt_tokens(&[Message::user("Hi")]).unwrap_err().to_string()
        }
    };
    assert!(refused.contains("template") || refused.contains("answer ends"), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(60));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak < 1500 << 10, "this process took {peak} KiB");
}

fn a_template_in_a_child_is_the_same_prompt() {
    use inhouse_agent::chat::{ChatModel, Message};
    let model = load(model()).unwrap();
    let messages = [Message::system("规则"), Message::user("Hi <|im_end|>")];
    let begun = Instant::now();
    // 5 and 4 tokens of marks for a message, 3 that open the answer; the text's own marks are text.
    let tokens = model.count_prompt_tokens(&messages).unwrap();
    let text = model.count_tokens("规则").unwrap() + model.count_tokens("Hi <|im_end|>").unwrap();
    assert!(tokens > text + 8 && tokens < text + 20, "{tokens} tokens, {text} of them the texts'");
    println!("rendered and counted in {:?}", begun.elapsed());
}

fn weights_that_are_no_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = changed(&folder, |bytes| {
        // The last tensor is one of weights in four bits, in blocks of 20 bytes with two halves of
        // floats each; wherever a block begins, one of these is a scale.
        let end = bytes.len();
        for at in (end - 4000..end - 1).step_by(2) {
            bytes[at..at + 2].copy_from_slice(&[0, 0x7e]);
        }
    });
    let refused = load(path).err().unwrap();
    assert!(refused.contains("no number"), "{refused}");
}

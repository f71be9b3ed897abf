//! What `crates/llm/fuzz` calls: the places where bytes of a stranger's file are read.

use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use inhouse_agent::chat::Message;

use crate::fixture::Tiny;
use crate::gguf::{self, Gguf};
use crate::template::Template;
use crate::template::samples::SAMPLES;
use crate::tokenizer::Part;

/// Puts seeds into the corpus, the folder that libFuzzer was called with.
pub fn sow(seeds: Vec<Vec<u8>>) {
    let Some(corpus) = std::env::args().skip(1).find(|argument| Path::new(argument).is_dir()) else {
        return;
    };
    for (number, seed) in seeds.iter().enumerate() {
        let path = Path::new(&corpus).join(format!("seed-{number}"));
        std::fs::write(&path, seed).unwrap_or_else(|error| panic!("writing {}: {error}", path.display()));
    }
}

/// Headers of sound model files, one for each architecture and kind of cutting.
pub fn model_files() -> Vec<Vec<u8>> {
    ["llama", "qwen2", "qwen3", "gemma3", "phi3"]
        .into_iter()
        .zip(["gpt-2", "qwen2", "tekken", "deepseek-llm", "superbpe"])
        .map(|(architecture, pre)| {
            let mut tiny = Tiny::network(architecture, 1).with_tokenizer(pre);
            let template = "{% for m in messages %}{{ m.role }}: {{ m.content }}<|end|>{% endfor %}";
            tiny.set("tokenizer.chat_template", Value::String(template.into()));
            let mut bytes = tiny.bytes();
            let gguf = parse(&bytes).expect("it was just written");
            bytes.truncate(gguf.data_start() as usize);
            // A seed that is refused would leave everything behind its fault unread.
            let facts = parse(&bytes).and_then(|gguf| gguf::tell(&gguf).map_err(|error| error.to_string()));
            assert_eq!(facts.expect("its header is whole").unsupported, None, "{architecture}, {pre}");
            bytes
        })
        .collect()
}

pub fn templates() -> Vec<Vec<u8>> {
    SAMPLES.iter().map(|(_, source)| source.as_bytes().to_vec()).collect()
}

/// Does what importing a model does, short of reading its weights.
pub fn read_model(bytes: &[u8]) {
    if let Ok(gguf) = parse(bytes) {
        // Sound or not, an answer is what counts.
        drop(gguf::tell(&gguf));
    }
}

/// Reads a header as if its weights followed, which are never looked at here.
fn parse(bytes: &[u8]) -> Result<Gguf, String> {
    const WEIGHTS: u64 = 1 << 20;
    Gguf::parse(Path::new("fuzzed.gguf"), bytes, bytes.len() as u64 + WEIGHTS)
}

/// Renders a conversation. Whatever the template does, what was said stays whole and apart.
pub fn render_template(source: &str) {
    let messages = [Message::system("rules"), Message::user("{{ 1 }} <|end|>"), Message::assistant("so")];
    let Ok(template) = Template::jinja(source, "<s>".into(), "</s>".into()) else { return };
    let Ok(parts) = template.render(&messages, true) else { return };
    for message in &messages {
        let whole = parts.iter().any(|part| matches!(part, Part::Content(text) if *text == message.content));
        assert!(whole, "{parts:?}");
    }
}

//! Any text, used as a chat template: a refusal or a prompt that keeps what was said apart.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: inhouse_llm::fuzzing::sow(inhouse_llm::fuzzing::templates()), |source: &str| {
    inhouse_llm::fuzzing::render_template(source);
});

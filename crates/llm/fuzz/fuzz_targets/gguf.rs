//! Any bytes, read as a model file: a refusal or a model, in bounded time and memory.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: inhouse_llm::fuzzing::sow(inhouse_llm::fuzzing::model_files()), |bytes: &[u8]| {
    inhouse_llm::fuzzing::read_model(bytes);
});

//! Templates in the manner of the models' own, for tests and as seeds of the fuzzer.

macro_rules! samples {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("golden/", $name, ".jinja")))),*]
    };
}

/// Names and sources.
pub(crate) const SAMPLES: &[(&str, &str)] = samples!(
    "alternating" "calls" "chatml" "dated" "json" "loops" "parts" "spaces" "strings" "thinking" "typed"
    "types" "values"
);

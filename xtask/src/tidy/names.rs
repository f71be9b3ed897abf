//! A room, a file and a module are named for what they own.

use super::Finding;
use super::tree::Tree;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["common", "helper", "helpers", "manager", "managers", "misc", "service", "services", "util", "utils"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if let Some(word) = file.path.split('/').find_map(empty_name) {
            findings.push(Finding::new(&file.path, 0, format!("{word:?} does not say what is inside")));
        }
        if file.name() == "mod.rs" {
            findings.push(Finding::new(&file.path, 0, "a module is `noun.rs`, with `noun/verb.rs` under it"));
        }
        if file.has_extension(&["rs"]) {
            for (number, line) in file.lines() {
                let words = line.trim_start().trim_start_matches("pub ").strip_prefix("mod ");
                let name = words.and_then(|rest| rest.split([' ', '{', ';']).next());
                if let Some(word) = name.and_then(empty_name) {
                    let what = format!("{word:?} does not say what is inside");
                    findings.push(Finding::new(&file.path, number, what));
                }
            }
        }
    }
    findings
}

/// The word of a file's or a module's name that says nothing.
fn empty_name(name: &str) -> Option<&'static str> {
    let stem = name.split('.').next().unwrap_or(name);
    let mut words = Vec::new();
    for part in stem.split(['_', '-']) {
        // `DocumentManager` has two words as `document_manager` does.
        let mut word = String::new();
        for c in part.chars() {
            if c.is_uppercase() && word.ends_with(|last: char| last.is_lowercase()) {
                words.push(std::mem::take(&mut word));
            }
            word.push(c);
        }
        words.push(word);
    }
    EMPTY_NAMES.iter().copied().find(|empty| words.iter().any(|word| word.eq_ignore_ascii_case(empty)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_with_empty_names_are_found() {
        let tree = Tree::of(&[
            ("crates/a/src/utils/x.rs", ""),
            ("ui/src/shared/DocumentManager.svelte", ""),
            ("crates/a/src/text_helper.rs", ""),
            ("crates/a/src/reader/mod.rs", ""),
            ("crates/a/src/commonplace.rs", ""),
            ("crates/a/src/utility.rs", ""),
        ]);
        let found: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn inline_modules_with_empty_names_are_found_with_their_line() {
        let tree = Tree::of(&[("a.rs", "mod reader;\npub mod misc {\n}\nlet mod_util = 1;\n")]);
        assert_eq!(check(&tree).iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
    }
}

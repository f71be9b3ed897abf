//! Words that mean unfinished work or one person's machine.

use super::Finding;
use super::tree::Tree;

/// What may not stand in any text, and why. Cut in two, so that this file does not hold them.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("todo", "!("), "unfinished code"),
    (concat!("unimplemented", "!("), "unfinished code"),
    (concat!("FIX", "ME"), "a known fault is corrected, or told to its users in the documentation"),
    (concat!("dbg", "!("), "left over from a search for a fault"),
    (concat!("/ho", "me/"), "a path of one person's machine"),
    (concat!("/ro", "ot/"), "a path of one person's machine"),
    (concat!("/Us", "ers/"), "a path of one person's machine"),
];

/// Where the invented person of examples keeps files.
const INVENTED: &str = concat!("/ho", "me/lin/");

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            let line = line.replace(INVENTED, "");
            for (word, why) in FORBIDDEN.iter().filter(|(word, _)| line.contains(word)) {
                findings.push(Finding::new(&file.path, number, format!("{word:?}: {why}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_word_is_found_with_its_line() {
        for (word, _) in FORBIDDEN {
            let text = format!("fine\nlet x = {word}\"y\");\n");
            let found = check(&Tree::of(&[("a.rs", &text)]));
            assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2], "{word}");
        }
        assert!(check(&Tree::of(&[("a.rs", "// a home for todos\n")])).is_empty());
        assert!(check(&Tree::of(&[("a.rs", &format!("{INVENTED}policy.pdf\n"))])).is_empty());
    }
}

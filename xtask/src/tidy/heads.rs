//! Every Rust file says at its top what it is about; the root of a room says so in a paragraph.

use super::Finding;
use super::tree::Tree;

/// Lines that a paragraph about a room has at least.
const ROOT_LINES: usize = 3;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension(&["rs"]) && !file.is_generated()) {
        let text = file.text.as_deref().unwrap_or_default();
        let head = text.lines().take_while(|line| line.starts_with("//!")).count();
        let is_root = file.path.ends_with("src/lib.rs") || file.path.ends_with("src/main.rs");
        if head == 0 {
            findings.push(Finding::new(
                &file.path,
                1,
                "starts with no `//!` that says what the file is about",
            ));
        } else if is_root && head < ROOT_LINES {
            let what = "a crate's root says in a paragraph (`//!`) what the room owns, its invariants and where to start";
            findings.push(Finding::new(&file.path, 1, what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_head_is_found() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "//! One.\n//!\n//! Two.\n"),
            ("crates/a/src/b.rs", "use std::fs;\n//! Late.\n"),
            ("crates/a/src/c.rs", "//! About c.\n"),
            ("crates/a/notes.md", "no head\n"),
        ]);
        let found: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["crates/a/src/b.rs"]);
    }

    #[test]
    fn a_root_with_one_line_is_found() {
        let tree = Tree::of(&[("crates/a/src/main.rs", "//! One line.\n\nfn main() {}\n")]);
        assert_eq!(check(&tree).len(), 1);
    }
}

//! A file tells one story, and git holds no heavy ones.

use super::Finding;
use super::tree::Tree;

/// A source file longer than this has a second story in it.
const MOST_LINES: usize = 600;

/// Every clone carries every version of it for ever.
const MOST_BYTES: u64 = 5_000_000;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if file.bytes > MOST_BYTES {
            let what = format!("{} bytes; no file in git has more than {MOST_BYTES}", file.bytes);
            findings.push(Finding::new(&file.path, 0, what));
        }
        let is_source = file.has_extension(&["rs", "ts", "svelte", "css", "js", "mjs", "py", "sh"]);
        let lines = file.lines().count();
        if is_source && lines > MOST_LINES && !file.is_generated() {
            let what = format!("{lines} lines; more than {MOST_LINES} tell two stories: cut the file");
            findings.push(Finding::new(&file.path, 0, what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_source_file_is_found_and_a_generated_one_is_not() {
        let long = "x\n".repeat(MOST_LINES + 1);
        let generated = format!("// {}\n{long}", concat!("@", "generated"));
        let tree = Tree::of(&[("a.rs", &long), ("b.ts", &generated), ("c.md", &long), ("d.rs", &long[2..])]);
        let found: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["a.rs"]);
    }

    #[test]
    fn a_heavy_file_is_found() {
        let mut tree = Tree::of(&[("tests/corpus/scan.pdf", ""), ("small.pdf", "")]);
        tree.files[0].bytes = MOST_BYTES + 1;
        assert_eq!(check(&tree).len(), 1);
    }
}

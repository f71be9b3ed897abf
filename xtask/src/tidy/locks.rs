//! Lock files name versions and hashes, and no host but the public registry's own name: whoever
//! builds decides from where.

use super::Finding;
use super::tree::Tree;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            let line = line.trim();
            let what = match file.name() {
                "package-lock.json" if line.starts_with("\"resolved\"") && line.contains("://") => {
                    "a host in a lock file; npm leaves it out with omit-lockfile-registry-resolved=true"
                }
                "Cargo.lock" if line.starts_with("source = ") && !line.contains(CRATES_IO) => {
                    "a crate that does not come from crates.io"
                }
                ".npmrc" if line.starts_with("registry") || line.contains("_auth") => {
                    "a registry is the choice of whoever builds"
                }
                "config.toml" if file.path.contains(".cargo/") && line.contains("registr") => {
                    "a registry is the choice of whoever builds"
                }
                _ => continue,
            };
            findings.push(Finding::new(&file.path, number, what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_lock_files_and_settings_are_found() {
        let tree = Tree::of(&[
            ("ui/package-lock.json", "{\n\"resolved\": \"https://mirror.example/x.tgz\",\n}\n"),
            ("Cargo.lock", "source = \"git+https://example.org/x\"\n"),
            (".cargo/config.toml", "[registries]\n"),
            ("ui/.npmrc", "registry=https://mirror.example\n"),
        ]);
        assert_eq!(check(&tree).len(), 4);
        let fine = format!("source = \"{CRATES_IO}\"\n");
        let tree = Tree::of(&[
            ("Cargo.lock", &fine),
            ("ui/.npmrc", "omit-lockfile-registry-resolved=true\n"),
            (".cargo/config.toml", "[alias]\n"),
        ]);
        assert!(check(&tree).is_empty());
    }
}

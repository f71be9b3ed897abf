//! A tree of files as it is at a moment: everything that has to come back, and random ones.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Every path with what is there. Compared to the nanosecond.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Tree(BTreeMap<PathBuf, Node>);

#[derive(PartialEq, Eq, Clone)]
struct Node {
    mode: u32,
    modified: (i64, i64),
    names: u64,
    content: Vec<u8>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mode, modified, names, content } = self;
        write!(f, "{mode:o} {modified:?} {names} names {} bytes", content.len())
    }
}

impl Tree {
    pub fn of(root: &Path) -> Self {
        let mut nodes = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(path) = waiting.pop() {
            let facts = fs::symlink_metadata(&path).unwrap();
            let (content, names) = if facts.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                (Vec::new(), 1)
            } else if facts.is_symlink() {
                (fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec(), 1)
            } else {
                (fs::read(&path).unwrap(), facts.nlink())
            };
            let modified = (facts.mtime(), facts.mtime_nsec());
            let node = Node { mode: facts.mode(), modified, names, content };
            nodes.insert(path.strip_prefix(root).unwrap().to_owned(), node);
        }
        Self(nodes)
    }

    pub fn of_all(roots: &[PathBuf]) -> Vec<Self> {
        roots.iter().map(|root| Self::of(root)).collect()
    }

    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// What is not the same, or nothing.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let paths: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        paths
            .into_iter()
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .map(|path| format!("{path:?}: {:?} is now {:?}", self.0.get(path), other.0.get(path)))
            .collect()
    }
}

/// Fails with what differs.
pub fn must_be_same(before: &[Tree], roots: &[PathBuf], when: &str) {
    for (before, root) in before.iter().zip(roots) {
        let differences = before.differences(&Tree::of(root));
        assert!(differences.is_empty(), "{when}: {}: {differences:#?}", root.display());
    }
}

/// No file of ours is left over.
pub fn must_be_tidy(roots: &[PathBuf], when: &str) {
    for root in roots {
        let tree = Tree::of(root);
        let left = tree
            .paths()
            .find(|path| path.file_name().is_some_and(|name| name.as_bytes().starts_with(b".inhouse-")));
        assert_eq!(left, None, "{when}: in {}", root.display());
    }
}

pub fn odd_names() -> Vec<OsString> {
    let mut names: Vec<OsString> = [
        "plain.txt",
        "with two  spaces ",
        "\u{1f4c8}\u{1f469}\u{200d}\u{1f4bb}.csv",
        "\u{5408}\u{540c}\u{ff08}\u{7ec8}\u{7a3f}\u{ff09}.md",
        "trailing...",
        "-rf",
        "cafe\u{301}",
        "caf\u{e9}",
        "*?\"<>|:\\",
        "~$lock",
    ]
    .map(OsString::from)
    .to_vec();
    names.push("x".repeat(255).into());
    names.push("\u{5b57}".repeat(85).into());
    names
}

/// Makes a random tree: odd names, all kinds of modes and old times, hard links, a link that leads out.
///
/// Hard links only where they can come back: not across file systems.
pub fn grow(root: &Path, with_hard_links: bool, random: &mut fastrand::Rng) {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    let names = odd_names();
    for _ in 0..random.usize(2..6) {
        let path = random.choice(&folders).unwrap().join(random.choice(&names).unwrap());
        if fs::create_dir(&path).is_ok() {
            folders.push(path);
        }
    }
    for _ in 0..random.usize(3..12) {
        let path = random.choice(&folders).unwrap().join(random.choice(&names).unwrap());
        if !path.exists() {
            let bytes: Vec<u8> = (0..random.usize(0..5000)).map(|_| random.u8(..)).collect();
            fs::write(&path, bytes).unwrap();
            let mode = *random.choice([0o644, 0o600, 0o755, 0o664, 0o444, 0o4755]).as_ref().unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            files.push(path);
        }
    }
    fs::write(root.join(OsStr::from_bytes(b"latin-\xe9")), "not Unicode").unwrap();
    symlink("/etc/passwd", root.join("link out")).unwrap();
    if let Some(file) = random.choice(&files).filter(|_| with_hard_links) {
        let _exists = fs::hard_link(file, root.join("second name"));
    }
    for path in files.iter().chain(&folders).rev() {
        set_time(path, random);
    }
}

fn set_time(path: &Path, random: &mut fastrand::Rng) {
    let since = Duration::new(random.u64(0..1_700_000_000), random.u32(0..1_000_000_000));
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + since);
    File::open(path).unwrap().set_times(times).unwrap();
}

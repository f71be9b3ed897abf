//! Keys and values of passages that stand right behind an agent's instructions, computed ahead and kept
//! on disk, so that a question about one of them is all that is left to read.
//!
//! Keys and values depend on nothing but the tokens up to theirs. A file says which tokens these are and
//! of which model file; it is taken up only for a prompt that begins with exactly these, and only when it
//! is whole. So a text that was changed never meets what was computed of the old one. Files stand in a
//! folder for each source, and go with it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::pages::PAGE;
use super::snapshots::{self, HASH, SnapshotOptions};

/// What a file begins with; another one when it is laid out in another way.
const MAGIC: &[u8; 8] = b"inhouse3";

/// Of a file that says that all which was to be kept of a source is there.
const COMPLETE: &str = "complete";

/// Part of a hash of tokens that names a file.
type Name = [u8; 16];

pub(super) struct Pinned {
    options: SnapshotOptions,
    /// Of this model file.
    folder: PathBuf,
    fingerprint: [u8; HASH],
    /// What is there: where each file is, and at which token its part begins.
    files: HashMap<Name, (PathBuf, usize)>,
    /// Bytes of all files of all models.
    bytes: u64,
}

/// What became of a text that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saved {
    Kept,
    /// There is no room for it.
    Full,
}

impl Pinned {
    /// Throws away what another file computed that was this model before, and what a process that was
    /// killed left half-written.
    pub(super) fn open(options: SnapshotOptions, id: &str, fingerprint: [u8; HASH]) -> io::Result<Self> {
        let model = snapshots::plain(id);
        let own = format!("{model}-{}", snapshots::hex(&fingerprint[..4]));
        let folder = options.folder.join(&own);
        fs::create_dir_all(&folder)?;
        for path in entries(&options.folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let before = name.strip_prefix(&format!("{model}-")).filter(|rest| rest.len() == 8);
            if before.is_some() && name != own {
                fs::remove_dir_all(&path)?;
            }
        }
        let mut pinned = Self { bytes: 0, options, folder, fingerprint, files: HashMap::new() };
        for source in entries(&pinned.folder)? {
            for path in entries(&source)? {
                match named(&path) {
                    Some((name, from)) => drop(pinned.files.insert(name, (path, from))),
                    None if is_note(&path) => {}
                    None => fs::remove_file(&path)?,
                }
            }
        }
        pinned.bytes = bytes_in(&pinned.options.folder)?;
        Ok(pinned)
    }

    /// Whether something is kept of exactly these tokens; what went with its source is not.
    pub(super) fn has(&self, tokens: &[u32]) -> bool {
        self.files.get(&name_of(tokens)).is_some_and(|(path, _)| path.exists())
    }

    /// The longest beginning of a prompt, of more than `read` tokens, of which the last part is kept: that
    /// part.
    pub(super) fn find(&self, prompt: &[u32], read: usize) -> Option<Range<usize>> {
        let ends = (read / PAGE + 1..=prompt.len() / PAGE).rev().map(|page| page * PAGE);
        ends.map(|end| (end, self.files.get(&name_of(&prompt[..end]))))
            .find_map(|(end, file)| file.map(|(_, from)| *from..end))
    }

    /// What is kept of the last part of these tokens; `None` when there is nothing that holds.
    pub(super) fn load(&mut self, tokens: &[u32]) -> io::Result<Option<Vec<u8>>> {
        let name = name_of(tokens);
        let Some((path, from)) = self.files.get(&name).cloned() else { return Ok(None) };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            // It went with its source.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.files.remove(&name);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let head_bytes = self.head(tokens, from, &[]).len();
        if let Some((head, data)) = bytes.split_at_checked(head_bytes)
            && head == self.head(tokens, from, data)
        {
            return Ok(Some(data.to_vec()));
        }
        self.files.remove(&name);
        fs::remove_file(&path)?;
        // So it is not complete any more.
        for note in entries(path.parent().unwrap_or(&self.folder))?.iter().filter(|path| is_note(path)) {
            fs::remove_file(note)?;
        }
        self.bytes = self.bytes.saturating_sub(bytes.len() as u64);
        Ok(None)
    }

    /// Keeps `data`, which is that of the tokens from `from` on, for a source.
    pub(super) fn save(
        &mut self,
        source: i64,
        tokens: &[u32],
        from: usize,
        data: &[u8],
    ) -> io::Result<Saved> {
        let head = self.head(tokens, from, data);
        let size = (head.len() + data.len()) as u64;
        // Sources that were forgotten meanwhile have made room.
        if self.bytes + size > self.options.limit {
            self.bytes = bytes_in(&self.options.folder)?;
        }
        if self.bytes + size > self.options.limit {
            return Ok(Saved::Full);
        }
        let folder = self.folder.join(source.to_string());
        fs::create_dir_all(&folder)?;
        let name = name_of(tokens);
        let path = folder.join(format!("{}-{from}.{}", snapshots::hex(&name), snapshots::ENDING));
        snapshots::write_whole(&path, &[&head, data])?;
        self.files.insert(name, (path, from));
        self.bytes += size;
        Ok(Saved::Kept)
    }

    /// All that stands before the data: what it is, which model and tokens it holds for, and its hash.
    fn head(&self, tokens: &[u32], from: usize, data: &[u8]) -> Vec<u8> {
        let mut head = MAGIC.to_vec();
        head.extend(self.fingerprint);
        head.extend((from as u64).to_le_bytes());
        head.extend((tokens.len() as u64).to_le_bytes());
        head.extend(snapshots::bytes_of(tokens));
        head.extend(snapshots::hash([data]));
        head
    }
}

/// Removes what any model has computed ahead of a source.
pub fn forget_source(folder: &Path, source: i64) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for model in entries(folder)? {
        match fs::remove_dir_all(model.join(source.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) | Ok(()) => {}
        }
    }
    Ok(())
}

/// The sources of which any model has computed something ahead.
pub fn kept_sources(folder: &Path) -> io::Result<Vec<i64>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut sources = Vec::new();
    for model in entries(folder)? {
        let of = |path: PathBuf| path.file_name()?.to_str()?.parse::<i64>().ok();
        sources.extend(entries(&model)?.into_iter().filter_map(of));
    }
    Ok(sources)
}

/// Bytes of what any model has computed ahead of a source.
pub fn bytes_of_source(folder: &Path, source: i64) -> io::Result<u64> {
    if !folder.exists() {
        return Ok(0);
    }
    entries(folder)?.iter().map(|model| bytes_in(&model.join(source.to_string()))).sum()
}

/// Notes that a model has computed all that was to be kept of a source; `what` names that, as letters and
/// digits. The model has been loaded before.
pub fn note_complete(folder: &Path, model: &str, source: i64, what: &str) -> io::Result<()> {
    for model in folders_of(folder, model)? {
        let folder = model.join(source.to_string());
        fs::create_dir_all(&folder)?;
        fs::File::create(folder.join(note(what)))?;
    }
    Ok(())
}

/// Whether this was noted, and nothing of it was thrown away since.
pub fn is_complete(folder: &Path, model: &str, source: i64, what: &str) -> io::Result<bool> {
    let note = Path::new(&source.to_string()).join(note(what));
    Ok(folders_of(folder, model)?.iter().any(|model| model.join(&note).exists()))
}

/// The folder of a model; there are more only when its file was replaced and not loaded since.
fn folders_of(folder: &Path, model: &str) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let prefix = format!("{}-", snapshots::plain(model));
    let mut folders = entries(folder)?;
    folders.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(&prefix).is_some_and(|rest| rest.len() == 8)
    });
    Ok(folders)
}

/// Bytes of all files in a folder; 0 when it is not there.
pub fn bytes_in(folder: &Path) -> io::Result<u64> {
    if !folder.exists() {
        return Ok(0);
    }
    let mut bytes = 0;
    for path in entries(folder)? {
        bytes += match fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_dir() => bytes_in(&path)?,
            Ok(facts) => facts.len(),
            // It went meanwhile, with its source.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn note(what: &str) -> String {
    format!("{what}-{}.{COMPLETE}", snapshots::hex(&super::computed_by()[..4]))
}

fn is_note(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == COMPLETE)
}

fn name_of(tokens: &[u32]) -> Name {
    let hash = snapshots::hash([&snapshots::bytes_of(tokens)]);
    std::array::from_fn(|at| hash[at])
}

/// What a file's name says; `None` when it is not one of ours, or half-written.
fn named(path: &Path) -> Option<(Name, usize)> {
    let name = path.file_name()?.to_str()?.strip_suffix(&format!(".{}", snapshots::ENDING))?;
    let (hash, from) = name.split_once('-')?;
    let mut bytes = Name::default();
    if hash.len() != bytes.len() * 2 {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some((bytes, from.parse().ok().filter(|from: &usize| from.is_multiple_of(PAGE))?))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use super::*;

    fn open(folder: &Path, limit: u64, fingerprint: u8) -> Pinned {
        let options = SnapshotOptions { folder: folder.into(), limit };
        Pinned::open(options, "qwen2.5/x", [fingerprint; HASH]).unwrap()
    }

    fn prompt(pages: u32) -> Vec<u32> {
        (0..pages * PAGE as u32 + 3).collect()
    }

    fn path(folder: &Path) -> PathBuf {
        let source = entries(&entries(folder).unwrap()[0]).unwrap().pop().unwrap();
        entries(&source).unwrap().pop().unwrap()
    }

    #[test]
    fn the_longest_beginning_that_is_kept_is_found_also_by_a_later_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut pinned = open(folder.path(), 1 << 20, 1);
        let tokens = prompt(9);
        assert_eq!(pinned.save(7, &tokens[..4 * PAGE], 2 * PAGE, b"four").unwrap(), Saved::Kept);
        assert_eq!(pinned.save(8, &tokens[..6 * PAGE], 2 * PAGE, b"six").unwrap(), Saved::Kept);
        for mut pinned in [pinned, open(folder.path(), 1 << 20, 1)] {
            assert_eq!(pinned.find(&tokens, 0), Some(2 * PAGE..6 * PAGE));
            assert_eq!(pinned.find(&tokens[..5 * PAGE], 0), Some(2 * PAGE..4 * PAGE));
            assert_eq!(pinned.find(&tokens, 6 * PAGE), None);
            assert_eq!(pinned.load(&tokens[..6 * PAGE]).unwrap().unwrap(), b"six");
            // A text that differs in one token is another one.
            let mut changed = tokens.clone();
            changed[PAGE] += 1;
            assert_eq!(pinned.find(&changed, 0), None);
            assert_eq!(pinned.load(&changed[..6 * PAGE]).unwrap(), None);
        }
    }

    #[test]
    fn what_is_cut_flipped_or_foreign_is_never_taken() {
        let tokens = &prompt(4)[..4 * PAGE];
        let whole = {
            let folder = tempfile::tempdir().unwrap();
            open(folder.path(), 1 << 20, 1).save(7, tokens, PAGE, b"keys and values").unwrap();
            fs::read(path(folder.path())).unwrap()
        };
        let mut broken: Vec<Vec<u8>> = [0, 9, 41, 49, 60, whole.len() - 40, whole.len() - 1]
            .into_iter()
            .map(|at| {
                let mut bytes = whole.clone();
                bytes[at] ^= 1;
                bytes
            })
            .collect();
        broken.extend([0, 10, whole.len() - 1].map(|length| whole[..length].to_vec()));
        for (number, bytes) in broken.iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let mut pinned = open(folder.path(), 1 << 20, 1);
            pinned.save(7, tokens, PAGE, b"keys and values").unwrap();
            let path = path(folder.path());
            fs::write(&path, bytes).unwrap();
            assert_eq!(pinned.load(tokens).unwrap(), None, "case {number}");
            assert!(!path.exists() && !pinned.has(tokens));
        }
        // Of another file that is this model now, nothing is left.
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), 1 << 20, 1).save(7, tokens, PAGE, b"keys and values").unwrap();
        assert!(!open(folder.path(), 1 << 20, 2).has(tokens));
        assert!(!open(folder.path(), 1 << 20, 1).has(tokens));
    }

    #[test]
    fn what_is_kept_of_a_source_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut pinned = open(folder.path(), 1 << 20, 1);
        let tokens = prompt(4);
        pinned.save(7, &tokens[..2 * PAGE], PAGE, b"seven").unwrap();
        pinned.save(8, &tokens[..4 * PAGE], PAGE, b"eight").unwrap();
        let mut sources = kept_sources(folder.path()).unwrap();
        sources.sort_unstable();
        assert_eq!(sources, [7, 8]);
        forget_source(folder.path(), 7).unwrap();
        assert!(!pinned.has(&tokens[..2 * PAGE]) && pinned.has(&tokens[..4 * PAGE]));
        assert_eq!(pinned.load(&tokens[..2 * PAGE]).unwrap(), None);
        assert!(pinned.load(&tokens[..4 * PAGE]).unwrap().is_some());
        forget_source(folder.path(), 8).unwrap();
        assert_eq!(bytes_in(folder.path()).unwrap(), 0);
        forget_source(&folder.path().join("none"), 8).unwrap();
    }

    #[test]
    fn what_is_complete_stays_so_until_a_part_of_it_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let model = "qwen2.5/x";
        let complete = |what| is_complete(folder.path(), model, 7, what).unwrap();
        assert!(!complete("ab12"));
        let mut pinned = open(folder.path(), 1 << 20, 1);
        let tokens = &prompt(4)[..4 * PAGE];
        pinned.save(7, tokens, PAGE, b"keys and values").unwrap();
        let kept = path(folder.path());
        note_complete(folder.path(), model, 7, "ab12").unwrap();
        assert!(complete("ab12") && !complete("cd34"));
        assert!(!is_complete(folder.path(), "qwen2.5", 7, "ab12").unwrap());
        assert_eq!(bytes_of_source(folder.path(), 7).unwrap(), bytes_in(folder.path()).unwrap());
        assert_eq!(bytes_of_source(folder.path(), 8).unwrap(), 0);
        // A later process finds it so too.
        let mut pinned = open(folder.path(), 1 << 20, 1);
        assert!(complete("ab12"));
        fs::write(&kept, b"cut").unwrap();
        assert_eq!(pinned.load(tokens).unwrap(), None);
        assert!(!complete("ab12"));
        note_complete(folder.path(), model, 7, "ab12").unwrap();
        forget_source(folder.path(), 7).unwrap();
        assert!(!complete("ab12"));
    }

    #[test]
    fn the_room_is_never_exceeded_and_what_is_forgotten_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut pinned = open(folder.path(), 1200, 1);
        let tokens = prompt(3);
        let data = [0; 700];
        assert_eq!(pinned.save(1, &tokens[..PAGE], 0, &data).unwrap(), Saved::Kept);
        assert_eq!(pinned.save(2, &tokens[..2 * PAGE], 0, &data).unwrap(), Saved::Full);
        assert!(bytes_in(folder.path()).unwrap() <= 1200);
        forget_source(folder.path(), 1).unwrap();
        assert_eq!(pinned.save(2, &tokens[..2 * PAGE], 0, &data).unwrap(), Saved::Kept);
    }

    #[test]
    fn what_a_killed_process_left_half_written_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut pinned = open(folder.path(), 1 << 20, 1);
        let tokens = prompt(3);
        pinned.save(1, &tokens[..PAGE], 0, b"keys").unwrap();
        let half = path(folder.path()).with_file_name("half.part");
        fs::write(&half, b"inho").unwrap();
        let pinned = open(folder.path(), 1 << 20, 1);
        assert!(!half.exists() && pinned.has(&tokens[..PAGE]));
    }
}

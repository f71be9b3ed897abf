//! Moving and copying files of a folder that a person gave: all of it told before, each through the
//! journal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use inhouse_agent::definition::Tool;
use inhouse_agent::run::{Event, Failure, Filing, Halt, Stop};
use inhouse_tools::files::{Effect, EffectKind, Grant, May, StepState};
use sha2::{Digest, Sha256};

use super::hex;
use super::world::{Leave, RealWorld};
use crate::sources::hash;

/// A filing with where it really goes.
struct Planned<'a> {
    filing: &'a Filing,
    /// Beneath the folder: the wanted path, or one with a number.
    to: String,
    /// It is done already.
    done: bool,
}

impl RealWorld<'_> {
    pub(super) fn file_away(
        &mut self,
        at: &str,
        folder: &Path,
        filings: &[Filing],
    ) -> Result<Vec<String>, Halt> {
        let told = |error: &dyn std::fmt::Display| Halt::Failed(Failure::new(at, error.to_string()));
        let folder =
            folder.canonicalize().map_err(|error| told(&format!("{}: {error}", folder.display())))?;
        self.note_what_was_not(at, &folder, filings)?;
        let plan = self.plan(&folder, filings);
        let (preview, fingerprint) = told_of(&folder, &plan)?;
        match self.leave(Tool::File, &fingerprint) {
            Leave::Given => {}
            Leave::Refused => {
                let path = folder.display().to_string();
                return Err(Halt::Stopped(Stop::Refused { at: at.to_owned(), path }));
            }
            Leave::Wanted => {
                let path = folder.display().to_string();
                return Err(self.ask_leave(at, path, preview, fingerprint));
            }
        }
        let mut grant = Grant::new();
        grant.allow(&folder, May { read: true, create: true, change: true }).map_err(|error| told(&error))?;
        let mut tos = Vec::with_capacity(plan.len());
        for planned in plan {
            if !planned.done {
                self.file_one(at, &grant, &folder, &planned)?;
            }
            tos.push(planned.to);
        }
        Ok(tos)
    }

    fn file_one(
        &mut self,
        at: &str,
        grant: &Grant,
        folder: &Path,
        planned: &Planned<'_>,
    ) -> Result<(), Halt> {
        let told = |error: &dyn std::fmt::Display| Halt::Failed(Failure::new(at, error.to_string()));
        let (from, to) = (folder.join(&planned.filing.from), folder.join(&planned.to));
        for above in folders_above(&planned.to) {
            let path = folder.join(above);
            if path.symlink_metadata().is_err() {
                let journal =
                    self.apply(grant, &Effect::MakeFolder { path: path.clone() }).map_err(|e| told(&e))?;
                let path = path.display().to_string();
                self.tell(&Event::MadeFolder { at: at.to_owned(), path, journal }).map_err(|e| told(&e))?;
            }
        }
        let effect = match planned.filing.copy {
            true => Effect::Copy { from: from.clone(), to: to.clone() },
            false => Effect::Move { from: from.clone(), to: to.clone() },
        };
        let journal = self.apply(grant, &effect).map_err(|error| told(&error))?;
        let event = Event::Filed {
            at: at.to_owned(),
            from: from.display().to_string(),
            to: to.display().to_string(),
            copied: planned.filing.copy,
            journal,
        };
        self.tell(&event).map_err(|error| told(&error))?;
        self.filed.push(event);
        Ok(())
    }

    /// Notes what was done when the machine went off before that was noted.
    fn note_what_was_not(&mut self, at: &str, folder: &Path, filings: &[Filing]) -> Result<(), Halt> {
        let told = |error: &dyn std::fmt::Display| Halt::Failed(Failure::new(at, error.to_string()));
        let steps = self.journal().map(|journal| journal.steps()).map_err(|error| told(&error))?;
        for step in steps.into_iter().filter(|step| step.state == StepState::Applied) {
            let (EffectKind::Move | EffectKind::Copy, Some(to)) = (step.kind, &step.to) else { continue };
            let is_mine = filings.iter().any(|filing| folder.join(&filing.from) == step.path);
            let is_noted = self
                .filed
                .iter()
                .any(|event| matches!(event, Event::Filed { journal, .. } if *journal == step.id.0));
            if is_mine && !is_noted {
                let event = Event::Filed {
                    at: at.to_owned(),
                    from: step.path.display().to_string(),
                    to: to.display().to_string(),
                    copied: step.kind == EffectKind::Copy,
                    journal: step.id.0,
                };
                self.tell(&event).map_err(|error| told(&error))?;
                self.filed.push(event);
            }
        }
        Ok(())
    }

    /// Where each file goes: to its place, or to one with a number where something stands or will.
    fn plan<'f>(&self, folder: &Path, filings: &'f [Filing]) -> Vec<Planned<'f>> {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut plan = Vec::with_capacity(filings.len());
        for filing in filings {
            let from = folder.join(&filing.from).display().to_string();
            let done = self.filed.iter().find_map(|event| match event {
                Event::Filed { from: was, to, .. } if *was == from => {
                    Path::new(to).strip_prefix(folder).ok()?.to_str().map(str::to_owned)
                }
                _ => None,
            });
            let is_done = done.is_some();
            let to = done.unwrap_or_else(|| free(folder, &filing.to, &taken));
            taken.insert(to.to_lowercase());
            plan.push(Planned { filing, to, done: is_done });
        }
        plan
    }
}

/// What will be done, for the person who decides, and what tells this very thing from any other.
fn told_of(folder: &Path, plan: &[Planned<'_>]) -> Result<(String, String), Halt> {
    let mut text = String::new();
    let mut sum = Sha256::new();
    for planned in plan {
        let Planned { filing, to, done } = planned;
        let path = folder.join(if *done { to } else { &filing.from });
        let (_, content) = hash::hash(&path).map_err(|failure| {
            Failure::new(
                path.display().to_string(),
                format!("{}; {}", failure.code.message(), failure.code.hint()),
            )
        })?;
        let sign = if filing.copy { "⇒" } else { "→" };
        let line = format!("{} {sign} {to}\n", filing.from);
        sum.update(line.as_bytes());
        sum.update(content.to_string().as_bytes());
        text.push_str(&line);
    }
    Ok((text.trim_end().to_owned(), hex(&sum.finalize())))
}

/// A path under which nothing stands and nothing of `taken` will.
fn free(folder: &Path, wanted: &str, taken: &BTreeSet<String>) -> String {
    let (above, name) = wanted.rsplit_once('/').map_or(("", wanted), |(above, name)| (above, name));
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (name, String::new()),
    };
    let path = |number: usize| {
        let name = if number == 1 { name.to_owned() } else { format!("{stem} ({number}){ending}") };
        if above.is_empty() { name } else { format!("{above}/{name}") }
    };
    (1..)
        .map(path)
        .find(|path| !taken.contains(&path.to_lowercase()) && folder.join(path).symlink_metadata().is_err())
        .expect("there is a free number")
}

/// The folders of a path, the outermost first.
fn folders_above(path: &str) -> impl Iterator<Item = PathBuf> {
    let parts: Vec<&str> = path.split('/').collect();
    let depth = parts.len().saturating_sub(1);
    (1..=depth).map(move |many| parts[..many].iter().collect::<PathBuf>()).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_something_stands_or_will_a_number_is_added() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.txt"), "a").expect("a file");
        let mut taken = BTreeSet::new();
        assert_eq!(free(folder.path(), "a.txt", &taken), "a (2).txt");
        taken.insert("in/b.txt".to_owned());
        assert_eq!(free(folder.path(), "in/B.txt", &taken), "in/B (2).txt");
        assert_eq!(free(folder.path(), "in/c", &taken), "in/c");
        let above: Vec<PathBuf> = folders_above("in/2026/c.txt").collect();
        assert_eq!(above, [PathBuf::from("in"), PathBuf::from("in/2026")]);
    }
}

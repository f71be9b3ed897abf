//! The test itself, started again to be killed or to run out of space.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use inhouse_tools::files::FilesError;

use crate::scene::{apply, grant, open, random_effect, recover};

const ROLE: &str = "INHOUSE_FILES_CHILD";

/// What a child is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Applies random effects.
    Apply,
    /// Recovers, then undoes everything.
    Undo,
    /// Applies one effect, and says by its exit code how that went.
    One,
}

pub const APPLIED: u8 = 10;
pub const DISK_FULL: u8 = 11;
pub const NOT_OPENED: u8 = 12;

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Undo => "undo",
            Self::One => "one",
        }
    }

    /// The program and its arguments; `number` is a seed, or which effect it is.
    pub fn command(self, journal: &Path, roots: &[PathBuf], number: u64) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(ROLE, self.name()).arg(journal).arg(number.to_string()).args(roots);
        command
    }
}

pub fn serve_if_asked() -> Option<ExitCode> {
    let role = std::env::var(ROLE).ok()?;
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [journal, number, roots @ ..] = &arguments[..] else { panic!("usage: JOURNAL NUMBER ROOT...") };
    let number: u64 = number.to_str().unwrap().parse().unwrap();
    if role == Role::One.name() {
        return Some(ExitCode::from(one(journal, roots, number)));
    }
    let mut journal = open(journal);
    recover(&mut journal);
    if role == Role::Undo.name() {
        journal.undo().unwrap();
        return Some(ExitCode::SUCCESS);
    }
    let (grant, mut random) = (grant(roots), fastrand::Rng::with_seed(number));
    for _ in 0..40 {
        // Some effects are refused; only a journal that can't go on is a fault.
        if let Err(FilesError::Unrecovered { .. }) =
            apply(&mut journal, &grant, &random_effect(roots, &mut random))
        {
            panic!("a step was not recovered");
        }
    }
    Some(ExitCode::SUCCESS)
}

fn one(journal: &Path, roots: &[PathBuf], number: u64) -> u8 {
    use inhouse_tools::files::Journal;
    let Ok(mut journal) = Journal::open(journal, crate::scene::limits()) else { return NOT_OPENED };
    let effect = crate::full::effect(roots, number);
    match apply(&mut journal, &grant(roots), &effect) {
        Ok(_) => APPLIED,
        Err(FilesError::DiskFull { .. }) => DISK_FULL,
        Err(error) => panic!("{error}"),
    }
}

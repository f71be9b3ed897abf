//! A piece of work on its way through the journal.

use std::path::Path;

use super::Journal;
use super::entry::{Begin, Entry, FolderTime, Move, Place, Removal};
use super::hands::Hands;
use crate::files::FilesError;
use crate::files::facts::Facts;

/// What the log says of a piece of work.
#[derive(Debug, Clone)]
pub struct Work {
    pub begin: Begin,
    /// Inodes of what it made under temporary names.
    pub staged: Option<Vec<u64>>,
    pub moves: Vec<Move>,
    pub remove: Vec<Removal>,
    pub end: Option<End>,
    /// The folders' times when it was done.
    pub times: Vec<FolderTime>,
    pub is_tidied: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    Dropped,
    Left,
}

/// What a plan makes, moves and removes once it is begun.
#[derive(Debug, Default)]
pub struct Plan {
    pub staged: Vec<u64>,
    pub moves: Vec<Move>,
    pub remove: Vec<Removal>,
}

/// What the file systems are able to do. What fails for want of one is begun again without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Two files can take each other's place.
    pub exchange: bool,
    /// A file can be renamed into the journal.
    pub into_journal: bool,
    /// What is moved can be renamed to where it goes.
    pub across: bool,
}

impl Default for Means {
    fn default() -> Self {
        Self { exchange: true, into_journal: true, across: true }
    }
}

impl Means {
    /// With one thing less, when the want of it may be what `error` says.
    pub fn without_what_failed(self, error: &FilesError, is_move: bool) -> Option<Self> {
        use rustix::io::Errno;
        match error.errno()? {
            Errno::XDEV if is_move && self.across => Some(Self { across: false, ..self }),
            Errno::XDEV if self.into_journal => Some(Self { into_journal: false, ..self }),
            Errno::INVAL | Errno::NOSYS | Errno::NOTSUP if self.exchange => {
                Some(Self { exchange: false, ..self })
            }
            _ => None,
        }
    }
}

impl Work {
    fn new(begin: Begin) -> Self {
        let (moves, remove, times) = (Vec::new(), Vec::new(), Vec::new());
        Self { begin, staged: None, moves, remove, end: None, times, is_tidied: false }
    }

    /// Whether something of it is still to be done.
    pub fn is_open(&self) -> bool {
        match self.end {
            None => true,
            Some(End::Done) => !self.remove.is_empty() && !self.is_tidied,
            Some(End::Dropped | End::Left) => false,
        }
    }

    /// The name of the pre-image in the journal.
    pub fn kept(&self) -> Option<&str> {
        let before = self.begin.before.as_ref()?;
        let moved = self.moves.iter().find_map(|step| match step {
            Move::Rename { to: Place::Kept { name }, what, .. } if what.inode == before.inode => Some(name),
            _ => None,
        });
        let copied = || {
            self.begin.temporary.iter().find_map(|place| match place {
                Place::Kept { name } => Some(name),
                Place::At { .. } => None,
            })
        };
        moved.or_else(copied).map(String::as_str)
    }

    /// What the work left at `place`.
    pub fn made_at(&self, place: &Place) -> Option<&Facts> {
        self.moves.iter().rev().find_map(|step| match step {
            Move::Rename { to, what, .. } if to == place => Some(what),
            Move::Exchange { other, at_one, .. } if other == place => Some(at_one),
            _ => None,
        })
    }
}

/// Puts the lines of the log together.
pub fn gather(entries: Vec<Entry>, log: &Path) -> Result<Vec<Work>, FilesError> {
    let mut works = Vec::new();
    for entry in entries {
        add(&mut works, entry, log)?;
    }
    Ok(works)
}

pub fn add(works: &mut Vec<Work>, entry: Entry, log: &Path) -> Result<(), FilesError> {
    if let Entry::Begin(begin) = entry {
        works.push(Work::new(begin));
        return Ok(());
    }
    let id = entry.id();
    let Some(work) = works.last_mut().filter(|work| work.begin.id == id) else {
        let why = "it belongs to no step that was begun";
        return Err(FilesError::JournalDamaged { journal: log.to_owned(), line: 0, why });
    };
    match entry {
        Entry::Begin(_) => {}
        Entry::Staged { staged, moves, remove, .. } => {
            work.staged = Some(staged);
            work.moves = moves;
            work.remove = remove;
        }
        Entry::Done { times, .. } => {
            work.end = Some(End::Done);
            work.times = times;
        }
        Entry::Tidied { .. } => work.is_tidied = true,
        Entry::Dropped { .. } => work.end = Some(End::Dropped),
        Entry::Left { .. } => work.end = Some(End::Left),
    }
    Ok(())
}

impl Journal {
    pub fn next_id(&self) -> u64 {
        self.works.last().map_or(1, |work| work.begin.id + 1)
    }

    /// Takes a piece of work through all its states. When it fails, everything is as it was before.
    pub fn carry_out(
        &mut self,
        hands: &mut Hands,
        begin: Begin,
        stage: impl FnOnce(&mut Hands) -> Result<Plan, FilesError>,
    ) -> Result<(), FilesError> {
        let id = begin.id;
        self.note(Entry::Begin(begin.clone()))?;
        let plan = match stage(hands).and_then(|plan| hands.sync(&begin.temporary).map(|()| plan)) {
            Ok(plan) => plan,
            Err(error) => return Err(self.drop_work(hands, &begin, None, &[], error)),
        };
        let Plan { staged, moves, remove } = plan;
        let noted = Entry::Staged { id, staged: staged.clone(), moves: moves.clone(), remove };
        if let Err(error) = self.note(noted) {
            return Err(self.drop_work(hands, &begin, Some(&staged), &[], error));
        }
        for (count, step) in moves.iter().enumerate() {
            if let Err(error) = hands.make(step) {
                return Err(self.drop_work(hands, &begin, Some(&staged), &moves[..count], error));
            }
        }
        if let Err(error) = self.finish(hands, id) {
            return Err(self.drop_work(hands, &begin, Some(&staged), &moves, error));
        }
        match self.tidy(hands, id) {
            // The effect is done. The work stays open, and `recover` makes up for the rest.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes that every move of the last work was made.
    pub fn finish(&mut self, hands: &mut Hands, id: u64) -> Result<(), FilesError> {
        let times = self.times_when_done(hands)?;
        self.note(Entry::Done { id, times })
    }

    /// Removes what the last work has no need of any more.
    pub fn tidy(&mut self, hands: &mut Hands, id: u64) -> Result<(), FilesError> {
        let Some(work) = self.works.last().filter(|work| work.is_open()) else { return Ok(()) };
        let (remove, times) = (work.remove.clone(), work.times.clone());
        for removal in &remove {
            hands.remove(removal)?;
        }
        hands.set_times(&times)?;
        self.note(Entry::Tidied { id })
    }

    /// Takes everything back and tells why. What can't be written down now is found by
    /// [`Journal::recover`].
    fn drop_work(
        &mut self,
        hands: &mut Hands,
        begin: &Begin,
        staged: Option<&[u64]>,
        made: &[Move],
        error: FilesError,
    ) -> FilesError {
        let (id, why) = (begin.id, error.to_string());
        let is_taken_back = take_back(hands, begin, staged, made).is_ok();
        let end = match error {
            FilesError::Displaced { .. } => Some(Entry::Left { id, why }),
            _ => is_taken_back.then_some(Entry::Dropped { id, why }),
        };
        match end.map(|end| self.note(end)) {
            // What is not written down stays open, and nothing else begins before it was recovered.
            None | Some(Ok(()) | Err(_)) => error,
        }
    }
}

/// Takes moves back and removes what was made, and gives the folders their times.
pub fn take_back(
    hands: &mut Hands,
    begin: &Begin,
    staged: Option<&[u64]>,
    made: &[Move],
) -> Result<(), FilesError> {
    for step in made.iter().rev() {
        hands.take_back(step)?;
    }
    hands.clear(&begin.temporary, staged)?;
    hands.set_times(&begin.times)
}

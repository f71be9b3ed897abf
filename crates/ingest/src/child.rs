//! Reading in a child process: the parent's side.

mod frame;
mod process;
mod serve;
mod source;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::passage::Page;
use inhouse_agent::read::{FailureCode, ReadFailure, SourceReader};

use crate::kind::{self, Kind};
use crate::limits::{COPIES_OF_FILE, ReadLimits};
use frame::{Frame, Received};
use process::Process;
use serve::Order;
use source::OpenSource;

pub(crate) use frame::{NAME_CHARS, PAGE_TEXT_BYTES};
pub use serve::serve_if_asked;
pub(crate) use source::system_failure;

/// How often a wish to stop and the clock are looked at.
const POLL: Duration = Duration::from_millis(20);

/// Processor time for a child beyond its first wall-clock limit, in seconds.
const ORPHAN_SECONDS: u64 = 3600;

/// Reads each file in a process of its own, which may crash, hang or be killed without harm.
///
/// The process is the running executable again, so its `main` must start with
/// [`serve_if_asked`]. It gets the opened file as standard input and never a path, may open and
/// write nothing else, and ends with its parent.
#[derive(Debug)]
pub struct ChildReader {
    program: PathBuf,
    limits: ReadLimits,
}

impl ChildReader {
    /// Errors when the system can't tell which executable is running.
    pub fn new(limits: ReadLimits) -> io::Result<Self> {
        // The link stays right when the file is replaced by a newer version while this one runs.
        let link = Path::new("/proc/self/exe");
        let program = if link.exists() { link.to_owned() } else { std::env::current_exe()? };
        Ok(Self::with_program(program, limits))
    }

    /// With another executable whose `main` starts with [`serve_if_asked`].
    pub fn with_program(program: PathBuf, limits: ReadLimits) -> Self {
        Self { program, limits }
    }

    fn read_open(
        &self,
        source: &OpenSource,
        path: &Path,
        cancel: &Cancel,
        on_page: &mut dyn FnMut(Page),
    ) -> Result<(), ReadFailure> {
        if source.bytes() == 0 {
            return Err(ReadFailure::new(FailureCode::Empty, "it has no bytes"));
        }
        let kind = kind::kind_of(&source.head()?, path)?;
        let limit = self.limits.file_bytes(kind);
        if source.bytes() > limit {
            let detail = format!("it has {} bytes, the limit is {limit}", source.bytes());
            return Err(ReadFailure::new(FailureCode::TooLarge, detail));
        }
        let time = self.limits.time_for(source.bytes());
        let order = self.order(kind, source.bytes(), time);
        let mut process = Process::start(&self.program, &order, source.as_input()?)?;
        match self.receive(&process, time, cancel, on_page) {
            Ok(()) => Ok(()),
            Err(Stop::Failed(failure)) => Err(failure),
            Err(Stop::Ended) => Err(process.cause_of_death()),
        }
    }

    fn order(&self, kind: Kind, file_bytes: u64, time: Duration) -> Order {
        Order {
            kind,
            memory_bytes: self.limits.memory_bytes.saturating_add(COPIES_OF_FILE.saturating_mul(file_bytes)),
            // The parent's clock comes first; this one is for a child that lost its parent.
            cpu_seconds: time.as_secs().saturating_add(ORPHAN_SECONDS),
            text_bytes: self.limits.text_bytes,
        }
    }

    /// Takes frames until the child says that it is done. Nothing that it says is believed.
    fn receive(
        &self,
        process: &Process,
        time: Duration,
        cancel: &Cancel,
        on_page: &mut dyn FnMut(Page),
    ) -> Result<(), Stop> {
        let start = Instant::now();
        let mut deadline = start + time;
        let mut pages = 0;
        let mut text_bytes = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(Stop::failed(FailureCode::Cancelled, format!("after {pages} pages")));
            }
            if Instant::now() >= deadline {
                let detail = format!("after {:.0} s and {pages} pages", start.elapsed().as_secs_f32());
                return Err(Stop::failed(FailureCode::TimedOut, detail));
            }
            let frame = match process.frames().recv_timeout(POLL) {
                Ok(Received::Frame(frame)) => frame,
                Ok(Received::Nonsense(detail)) => return Err(Stop::failed(FailureCode::Crashed, detail)),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Err(Stop::Ended),
            };
            match frame {
                Frame::Page(page) => {
                    pages += 1;
                    let page = page.checked(pages).map_err(|why| Stop::failed(FailureCode::Crashed, why))?;
                    text_bytes += page.text.len() as u64;
                    if pages > self.limits.pages {
                        let detail = format!("it has more than {} pages", self.limits.pages);
                        return Err(Stop::failed(FailureCode::TooLarge, detail));
                    }
                    if text_bytes > self.limits.text_bytes {
                        return Err(Stop::Failed(too_much_text(self.limits.text_bytes)));
                    }
                    let given = Instant::now();
                    on_page(page);
                    let now = Instant::now();
                    deadline = (deadline + (now - given) + self.limits.time_per_page).min(now + time);
                }
                Frame::Done { pages: claimed } if claimed == pages && pages > 0 => return Ok(()),
                Frame::Done { pages: claimed } => {
                    let detail = format!("{pages} pages came, {claimed} were announced");
                    return Err(Stop::failed(FailureCode::Crashed, detail));
                }
                Frame::Failed { code, detail } => {
                    let code = FailureCode::from_code(&code).unwrap_or(FailureCode::Crashed);
                    return Err(Stop::failed(code, one_line(&detail)));
                }
            }
        }
    }
}

impl SourceReader for ChildReader {
    fn read(&self, path: &Path, cancel: &Cancel, on_page: &mut dyn FnMut(Page)) -> Result<(), ReadFailure> {
        let source = OpenSource::open(path)?;
        let result = self.read_open(&source, path, cancel, on_page);
        if matches!(&result, Err(failure) if failure.code == FailureCode::Cancelled) {
            return result;
        }
        // A file that is being written reads as broken, or well but half: that comes first.
        source.check_unchanged(path)?;
        result
    }
}

/// Details go into logs and onto screens, and may quote the file.
fn one_line(detail: &str) -> String {
    const DETAIL_CHARS: usize = 500;
    detail.chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_CHARS).collect()
}

/// Why no more frames are taken.
enum Stop {
    Failed(ReadFailure),
    /// The child's output ended before it said how reading went.
    Ended,
}

impl Stop {
    fn failed(code: FailureCode, detail: impl Into<String>) -> Self {
        Self::Failed(ReadFailure::new(code, detail))
    }
}

pub(crate) fn too_much_text(limit: u64) -> ReadFailure {
    ReadFailure::new(FailureCode::TooLarge, format!("its text has more than {limit} bytes"))
}

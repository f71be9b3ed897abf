//! Reading in a child process: the child's side.

use std::fs::File;
use std::io;
use std::process::ExitCode;
use std::thread;

use inhouse_agent::read::{FailureCode, ReadFailure};
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use crate::kind::Kind;
use crate::read;

/// The first argument of a reading process.
pub(super) const READ_FLAG: &str = "--inhouse-read-source";

/// Parsers of nested formats recurse; what is deeper than this is a crash and not a hang.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// What the parent wants: the second argument.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) kind: Kind,
    /// Address space beyond what the program takes at its start.
    pub(super) memory_bytes: u64,
    pub(super) cpu_seconds: u64,
    pub(super) text_bytes: u64,
}

impl Order {
    pub(super) fn to_argument(&self) -> String {
        serde_json::to_string(self).expect("numbers and names can be written as JSON")
    }
}

/// Reads the source and ends, when this process was started for that by a [`super::ChildReader`].
///
/// To be called first thing in `main`: `if let Some(code) = serve_if_asked() { return code; }`.
pub fn serve_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != READ_FLAG {
        return None;
    }
    let order = arguments.next().and_then(|argument| serde_json::from_str(argument.to_str()?).ok());
    Some(match order.map(serve) {
        Some(Ok(())) => ExitCode::SUCCESS,
        // The parent takes a child that ends without a last frame as crashed.
        Some(Err(_)) | None => ExitCode::FAILURE,
    })
}

fn serve(order: Order) -> io::Result<()> {
    let (source, mut out) = take_pipes()?;
    restrict(&order)?;
    let mut pages_out = out.try_clone()?;
    let reading = thread::Builder::new()
        .name("reader".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || read_into(&order, source, &mut pages_out))?;
    let last = match reading.join() {
        Ok(Ok(pages)) => Frame::Done { pages },
        Ok(Err(failure)) => Frame::failed(failure),
        // What it said stands on standard error.
        Err(_) => Frame::failed(ReadFailure::new(FailureCode::Crashed, "the reader panicked")),
    };
    last.write_to(&mut out)
}

fn read_into(order: &Order, source: File, out: &mut File) -> Result<u32, ReadFailure> {
    let mut pages = 0;
    read::read_pages(order.kind, source, order.text_bytes, &mut |page| {
        pages += 1;
        Frame::page(page)
            .write_to(out)
            .map_err(|error| ReadFailure::new(FailureCode::Io, format!("giving page {pages}: {error}")))
    })?;
    Ok(pages)
}

/// The source stands as standard input, the way to the parent as standard output.
#[cfg(unix)]
fn take_pipes() -> io::Result<(File, File)> {
    use std::os::fd::AsFd;
    let source = io::stdin().as_fd().try_clone_to_owned()?;
    let out = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((source.into(), out.into()))
}

#[cfg(windows)]
fn take_pipes() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle;
    let source = io::stdin().as_handle().try_clone_to_owned()?;
    let out = io::stdout().as_handle().try_clone_to_owned()?;
    Ok((source.into(), out.into()))
}

/// Takes away what reading does not need: memory beyond the limit, time, files, a core dump.
#[cfg(unix)]
fn restrict(order: &Order) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    /// Open files: the three pipes, their clones, and what the allocator and the loader look up.
    const FILES: u64 = 32;

    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    if let Some(taken) = address_space()? {
        let most = taken.saturating_add(STACK_BYTES as u64).saturating_add(order.memory_bytes);
        limit(Resource::As, most)?;
    }
    limit(Resource::Cpu, order.cpu_seconds)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, FILES)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_: &Order) -> io::Result<()> {
    Ok(())
}

/// What the program and its libraries take already, in bytes; `None` where the system doesn't say
/// (then it doesn't limit it either).
#[cfg(target_os = "linux")]
fn address_space() -> io::Result<Option<u64>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib: Option<u64> = size.and_then(|size| size.trim().strip_suffix(" kB")?.parse().ok());
    Ok(kib.map(|kib| kib * 1024))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn address_space() -> io::Result<Option<u64>> {
    Ok(None)
}

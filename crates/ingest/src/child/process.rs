//! The child process: started with as little as possible, and never left behind.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use inhouse_agent::read::{FailureCode, ReadFailure};

use super::frame::{self, Received};
use super::one_line;
use super::serve::{Order, READ_FLAG};
use super::source::system_failure;

/// Frames that wait for the caller; a child that is faster waits too.
const FRAMES_AHEAD: usize = 4;

/// What is kept of the child's complaints, in bytes.
const COMPLAINT_BYTES: usize = 4096;

/// Between the end of the output and the end of the process.
const MOMENT: Duration = Duration::from_secs(2);

/// Variables without which the executable may not start: where an AppImage keeps its libraries,
/// and where Windows keeps its own.
const ENVIRONMENT: &[&str] = &["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot"];

/// A running child. Dropping it kills it and waits for its end.
pub(super) struct Process {
    child: Child,
    frames: Receiver<Received>,
    complaint: Option<JoinHandle<String>>,
}

impl Process {
    /// Must be called by the thread that waits for the result: the child ends with that thread.
    pub(super) fn start(program: &Path, order: &Order, input: File) -> Result<Self, ReadFailure> {
        let mut command = Command::new(program);
        command.arg(READ_FLAG).arg(order.to_argument());
        command.env_clear().env("RUST_BACKTRACE", "0");
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().map_err(|error| system_failure("starting the reading process", &error)).map_err(
                // It is the program that was not found or may not be run, not the source.
                |failure| ReadFailure { code: FailureCode::Io, ..failure },
            )?;

        let mut output = child.stdout.take().expect("its standard output was asked for");
        let (send, frames) = sync_channel(FRAMES_AHEAD);
        thread::spawn(move || {
            while let Some(received) = frame::receive_from(&mut output) {
                if send.send(received).is_err() {
                    break;
                }
            }
        });
        let complaints = child.stderr.take().expect("its standard error was asked for");
        let complaint = Some(thread::spawn(move || last_words(complaints)));
        Ok(Self { child, frames, complaint })
    }

    pub(super) fn frames(&self) -> &Receiver<Received> {
        &self.frames
    }

    /// Why a child ended that didn't say how reading went.
    pub(super) fn cause_of_death(&mut self) -> ReadFailure {
        let status = self.wait_a_moment();
        let complaint = self.complaint.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let (code, cause) = match status {
            Ok(status) => cause(status, &complaint),
            Err(error) => (FailureCode::Crashed, format!("waiting for its end: {error}")),
        };
        let detail = if complaint.is_empty() { cause } else { format!("{cause}: {complaint}") };
        ReadFailure::new(code, one_line(&detail))
    }

    /// A process closes its output a moment before its end can be waited for. One that only closed
    /// its output is killed after this moment.
    fn wait_a_moment(&mut self) -> io::Result<ExitStatus> {
        let deadline = Instant::now() + MOMENT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        self.end()
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        // A child that is gone already can't be killed, and that is as well.
        self.child.kill().ok();
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!(%error, "the end of a reading process can't be waited for");
        }
    }
}

/// The last of what the child has to say; all of it is read, so that it never blocks.
fn last_words(mut complaints: impl Read) -> String {
    let mut last = Vec::new();
    let mut chunk = [0; COMPLAINT_BYTES];
    // A pipe that can't be read any more has said its last.
    while let Ok(read @ 1..) = complaints.read(&mut chunk) {
        last.extend_from_slice(&chunk[..read]);
        let excess = last.len().saturating_sub(COMPLAINT_BYTES);
        last.drain(..excess);
    }
    String::from_utf8_lossy(&last).trim().to_owned()
}

#[cfg(unix)]
fn cause(status: ExitStatus, complaint: &str) -> (FailureCode, String) {
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::Signal;

    /// What the standard library writes before it aborts for want of memory. It offers no other
    /// sign, a crash for another reason aborts with the same signal.
    const NO_MEMORY: &str = "memory allocation of ";

    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => {
            (FailureCode::TimedOut, "it used up its processor time".to_owned())
        }
        Some(signal)
            if signal == Signal::ABORT.as_raw()
                && complaint.lines().any(|line| line.starts_with(NO_MEMORY)) =>
        {
            (FailureCode::OutOfMemory, "it used up its memory".to_owned())
        }
        Some(signal) => (FailureCode::Crashed, format!("killed by signal {signal}")),
        None => (FailureCode::Crashed, format!("ended with {status} and without a result")),
    }
}

#[cfg(not(unix))]
fn cause(status: ExitStatus, _complaint: &str) -> (FailureCode, String) {
    (FailureCode::Crashed, format!("ended with {status} and without a result"))
}

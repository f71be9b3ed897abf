//! Rendering in a child process, which may take only so much memory and time.
//!
//! Fuel bounds what a template does, but not what its lists take: one that adds a list to itself again
//! and again takes gigabytes with a few instructions. So the template, which is a stranger's program,
//! runs in a process of its own. What it is given are roles and placeholders, so a prompt's form is
//! rendered once for each sequence of roles.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

/// The first argument of a rendering process.
const FLAG: &str = "--inhouse-render-template";
/// Address space beyond what the program takes at its start, the renderer's stack included.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 512 << 20;
#[cfg(target_os = "linux")]
const SECONDS: u64 = 10;
/// Bytes of a rendered template; a conversation's form has a few thousand.
const OUTPUT: u64 = 16 << 20;

/// The running program's `main` begins with [`serve_if_asked`], so it can be started again for this.
static SERVES: AtomicBool = AtomicBool::new(false);

/// What is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) source: String,
    pub(super) bos: String,
    pub(super) eos: String,
    /// Role and placeholder of each message.
    pub(super) turns: Vec<(String, String)>,
    pub(super) open: bool,
}

/// Renders a template and ends, when this process was started for that.
///
/// To be called first thing in `main`: `if let Some(code) = serve_if_asked() { return code; }`. A
/// program that does not call it renders in its own process.
pub fn serve_if_asked() -> Option<ExitCode> {
    if std::env::args_os().nth(1).is_none_or(|argument| argument != FLAG) {
        SERVES.store(true, Ordering::Release);
        return None;
    }
    Some(match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // The parent takes a child that ends otherwise for one that broke its limits.
        Err(_) => ExitCode::FAILURE,
    })
}

fn serve() -> io::Result<()> {
    let mut order = Vec::new();
    io::stdin().read_to_end(&mut order)?;
    let order: Order = serde_json::from_slice(&order)?;
    restrict()?;
    let rendered = super::render_here(&order);
    io::stdout().write_all(&serde_json::to_vec(&rendered)?)
}

/// `None` where no child can be had: then it is rendered here.
pub(super) fn render(order: &Order) -> Option<Result<String, String>> {
    if !SERVES.load(Ordering::Acquire) || !cfg!(target_os = "linux") {
        return None;
    }
    Some(in_child(order).map_err(|error| error.to_string()).flatten())
}

fn in_child(order: &Order) -> io::Result<Result<String, String>> {
    use std::process::{Command, Stdio};
    let mut child = Command::new("/proc/self/exe")
        .arg(FLAG)
        .env_clear()
        .env("RUST_BACKTRACE", "0")
        // The time of day, which templates may write, is told in the person's zone.
        .envs(["LD_LIBRARY_PATH", "TZ"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().expect("its standard input was asked for");
    let given = input.write_all(&serde_json::to_vec(order)?);
    drop(input);
    let mut output = Vec::new();
    let read = child
        .stdout
        .take()
        .expect("its standard output was asked for")
        .take(OUTPUT + 1)
        .read_to_end(&mut output);
    if output.len() as u64 > OUTPUT {
        // It may have ended by itself meanwhile.
        child.kill().ok();
    }
    let status = child.wait()?;
    read?;
    if !status.success() || output.len() as u64 > OUTPUT {
        return Ok(Err("the template takes more memory or time than a conversation needs".into()));
    }
    given?;
    Ok(serde_json::from_slice(&output)?)
}

/// Takes away what rendering does not need: memory beyond the limit, time, files, a core dump.
#[cfg(target_os = "linux")]
fn restrict() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    let status = std::fs::read_to_string("/proc/self/status")?;
    let size = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB")?.parse().ok());
    let taken: u64 = size.ok_or_else(|| io::Error::other("the system does not tell this process's size"))?;
    limit(Resource::As, taken * 1024 + MEMORY)?;
    limit(Resource::Cpu, SECONDS)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn restrict() -> io::Result<()> {
    Ok(())
}

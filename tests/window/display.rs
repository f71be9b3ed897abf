//! A screen that nobody sees, and the hands on its mouse.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, sleep};
use std::time::Duration;

/// Programs and libraries that these tests drive, and the Debian packages that bring them.
const TOOLS: &[(&str, &[&str], &str)] = &[
    ("Xvfb", &["-help"], "xvfb"),
    ("WebKitWebDriver", &["--version"], "webkit2gtk-driver"),
    ("xdotool", &["help"], "xdotool"),
    ("pdftotext", &["-v"], "poppler-utils"),
    (PYTHON, &["-c", "import gi; gi.require_version('Gtk', '3.0')"], "python3-gi and gir1.2-gtk-3.0"),
];

/// The system's own: the packages of GTK are made for it.
const PYTHON: &str = "/usr/bin/python3";

/// Room for the app and for the window that is dragged from, beside it.
const SIZE: (u32, u32) = (1440, 860);

/// An X server without a screen; killed when dropped, and every window with it.
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Fails with the names of the packages when something is missing.
    pub fn open() -> Self {
        let missing: Vec<&str> =
            TOOLS.iter().filter(|(tool, args, _)| !works(tool, args)).map(|tool| tool.2).collect();
        assert!(
            missing.is_empty(),
            "the tests of the window want these packages, which `cargo xtask setup --test` installs: {}",
            missing.join(", "),
        );
        let (width, height) = SIZE;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb was found a moment ago");
        // The number comes when the server listens.
        let said = lines_of(&mut server);
        let mut display = Self { server, name: String::new() };
        display.name = format!(":{}", next(&said, "Xvfb"));
        display
    }

    /// For the environment variable DISPLAY.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Drags a file or folder over the middle of the app's window and lets it go there, as a hand
    /// does. `meanwhile` is called while it hangs over the window.
    pub fn drop_on_window(&self, path: &Path, meanwhile: impl FnOnce()) {
        let (x, y, width, height) = self.app_window();
        let beside = x + width + 20;
        let source = DragSource::open(self, (beside, 100), path);
        self.mouse(&["mousemove", &(beside + 60).to_string(), "160", "mousedown", "1"]);
        // A drag begins when the pointer has moved, and is told to windows as it moves on.
        for step in 1..=12 {
            let at = beside + 60 - (beside + 60 - (x + width / 2)) * step / 12;
            self.mouse(&["mousemove", &at.to_string(), &(y + height / 2 + step).to_string()]);
            sleep(Duration::from_millis(15));
        }
        source.expect("dragging");
        meanwhile();
        self.mouse(&["mouseup", "1"]);
        source.expect("ended");
    }

    /// Left, top, width and height of the app's window, in pixels.
    fn app_window(&self) -> (i32, i32, i32, i32) {
        let told =
            self.mouse(&["search", "--onlyvisible", "--name", "^Inhouse$", "getwindowgeometry", "--shell"]);
        let value = |name: &str| {
            told.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .and_then(|value| value.parse().ok())
                .unwrap_or_else(|| panic!("xdotool says no {name} of the window: {told}"))
        };
        (value("X"), value("Y"), value("WIDTH"), value("HEIGHT"))
    }

    fn mouse(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(args)
            .env("DISPLAY", &self.name)
            .output()
            .expect("xdotool was found before");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "xdotool {args:?} failed: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

/// The window that files are dragged from.
struct DragSource {
    process: Child,
    said: Receiver<String>,
    /// It closes when this does.
    _input: Option<ChildStdin>,
}

impl DragSource {
    fn open(display: &Display, (x, y): (i32, i32), path: &Path) -> Self {
        let mut process = Command::new(PYTHON)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window/drag_source.py"))
            .args([x.to_string(), y.to_string()])
            .arg(path)
            .env("DISPLAY", display.name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python was found before");
        let said = lines_of(&mut process);
        let input = process.stdin.take();
        let source = Self { process, said, _input: input };
        source.expect("ready");
        source
    }

    fn expect(&self, word: &str) {
        assert_eq!(next(&self.said, "the drag source"), word);
    }
}

impl Drop for DragSource {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Ends a process that holds nothing worth keeping.
pub fn end(process: &mut Child) {
    // It may have ended by itself, which is as good.
    if process.kill().is_ok() {
        process.wait().ok();
    }
}

/// Its output, read by a thread so that nobody waits for ever.
fn lines_of(process: &mut Child) -> Receiver<String> {
    let output = BufReader::new(process.stdout.take().expect("its output is piped"));
    let (sender, lines) = channel();
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

fn next(lines: &Receiver<String>, who: &str) -> String {
    lines.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|error| panic!("{who} says nothing: {error}"))
}

fn works(tool: &str, args: &[&str]) -> bool {
    Command::new(tool).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| {
        // Of some only the start counts: Xvfb shows its help and fails.
        status.success() || !tool.contains("python")
    })
}

//! The app under WebKit's driver, and as much of a W3C WebDriver client as these tests need.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use ureq::Agent;

use super::display::{Display, end};

/// Answers of the driver come in milliseconds; this is for a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(40);
/// The name of an element's id on the wire, the same for all drivers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The Enter key, as WebDriver writes it.
pub const ENTER: &str = "\u{E007}";

type Answer = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

/// One start of the app. Dropping it kills the app, with no time to tidy up.
pub struct Driver {
    process: Child,
    agent: Agent,
    /// Address of the session, once there is one.
    session: String,
}

impl Driver {
    /// Starts the app with these variables instead of the person's own.
    pub fn start(display: &Display, variables: &[(&str, &Path)]) -> Self {
        let port = free_port();
        let process = Command::new("WebKitWebDriver")
            .args([&format!("--port={port}"), "--host=127.0.0.1"])
            .envs(variables.iter().copied())
            .env("DISPLAY", display.name())
            // Without it the driver waits for a window that it may drive, and none comes.
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null())
            .spawn()
            .expect("the driver was found before");
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut driver = Self { process, agent, session: String::new() };

        let server = format!("http://127.0.0.1:{port}");
        let status = format!("{server}/status");
        until("the driver listens", PATIENCE, || driver.agent.get(&status).call().ok());
        let app = json!({"binary": env!("CARGO_BIN_EXE_inhouse-desktop"), "args": []});
        let wanted = json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": app}}});
        let session = driver.post(&format!("{server}/session"), &wanted);
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {session}"));
        driver.session = format!("{server}/session/{id}");
        driver
    }

    /// What a function body returns in the page; it finds `values` in `arguments`.
    pub fn run(&self, body: &str, values: &[Value]) -> Value {
        self.post(&format!("{}/execute/sync", self.session), &json!({"script": body, "args": values}))
    }

    /// Clicks in the middle of an element, where a person would, once it stands still: an element
    /// that moves, is replaced or lies under another one for the moment is looked for again.
    pub fn click(&self, selector: &str) {
        const PASSING: [&str; 3] =
            ["element not interactable", "element click intercepted", "stale element reference"];
        until(&format!("{selector} can be clicked"), PATIENCE, || {
            let address = format!("{}/element/{}/click", self.session, self.element(selector));
            let (done, value) = answer(self.send(&address, &json!({})), &address);
            let passing = value["error"].as_str().is_some_and(|error| PASSING.contains(&error));
            assert!(done || passing, "{selector}: {value}");
            done.then_some(())
        });
    }

    /// Clicks an element and types, key by key.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("{}/element/{element}/value", self.session), &json!({"text": text}));
    }

    /// Empties a field.
    pub fn clear(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("{}/element/{element}/clear", self.session), &json!({}));
    }

    /// What the window shows, as a PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        // What stands in the page is on the screen one frame later.
        let painted = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
        self.post(&format!("{}/execute/async", self.session), &json!({"script": painted, "args": []}));
        let picture = self.get(&format!("{}/screenshot", self.session));
        from_base64(picture.as_str().expect("a picture in base64"))
    }

    fn element(&self, selector: &str) -> String {
        let found = self
            .post(&format!("{}/element", self.session), &json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("{selector} is no element: {found}")).to_owned()
    }

    fn post(&self, address: &str, body: &Value) -> Value {
        let (done, value) = answer(self.send(address, body), address);
        assert!(done, "{address} {body}: {value}");
        value
    }

    fn get(&self, address: &str) -> Value {
        let (done, value) = answer(self.agent.get(address).call(), address);
        assert!(done, "{address}: {value}");
        value
    }

    fn send(&self, address: &str, body: &Value) -> Answer {
        self.agent.post(address).header("content-type", "application/json").send(body.to_string())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver ends the app with the session, but not at once, and not always.
        for app in children_of(self.process.id()) {
            kill(app);
        }
        end(&mut self.process);
    }
}

/// The processes that a process has started and that are still there.
fn children_of(parent: u32) -> Vec<Pid> {
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let listed = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")));
    let listed: Vec<String> = listed.map(Result::unwrap_or_default).collect();
    let pids = listed.iter().flat_map(|pids| pids.split_whitespace());
    pids.filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Kills a process and waits until it has let go of all that it held.
fn kill(process: Pid) {
    let gone = || match rustix::process::kill_process(process, Signal::KILL) {
        Ok(()) => {
            // A process that has ended stays as a zombie until its parent asks for it.
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
            stat.map_or(true, |stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with('Z')))
        }
        Err(_) => true,
    };
    let begun = Instant::now();
    while !gone() && begun.elapsed() < PATIENCE {
        sleep(LOOK);
    }
}

/// Looks again and again until there is something, and says what was waited for when it never is.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < limit, "waited {} s in vain until {what}", limit.as_secs());
        sleep(LOOK);
    }
}

/// Whether the driver did it, and what it returned or why it did not.
fn answer(answer: Answer, address: &str) -> (bool, Value) {
    let mut answer = answer.unwrap_or_else(|error| panic!("{address}: {error}"));
    let text = answer.body_mut().read_to_string().expect("the driver answers in UTF-8");
    let mut object: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (answer.status().is_success(), object["value"].take())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Decodes RFC 4648 base64.
fn from_base64(text: &str) -> Vec<u8> {
    let sextet = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{:?} is not base64", char::from(other)),
    };
    let letters: Vec<u8> = text.trim_end_matches('=').bytes().map(sextet).collect();
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for four in letters.chunks(4) {
        let bits = four.iter().fold(0u32, |bits, six| bits << 6 | u32::from(*six)) << (6 * (4 - four.len()));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

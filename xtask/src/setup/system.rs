//! Programs and libraries of the operating system.
//!
//! On Debian and its relatives the missing packages are named and then installed; elsewhere each
//! missing piece is named with what brings it, and a person decides.

use std::fs;
use std::io::IsTerminal;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Purpose;
use crate::process;

/// Debian and Ubuntu have the same names for all of these.
const BUILD_PACKAGES: &[&str] = &[
    "build-essential",
    "cmake",
    "libayatana-appindicator3-dev",
    "libdbus-1-dev",
    // The definitions that every other one builds on; protobuf-compiler only recommends them.
    "libprotobuf-dev",
    "librsvg2-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
    "protobuf-compiler",
];

/// A window without a screen, its driver, and what looks over the app's shoulder.
const TEST_PACKAGES: &[&str] = &[
    "dbus-x11",
    "fonts-noto-cjk",
    "gir1.2-gtk-3.0",
    "poppler-utils",
    "python3-gi",
    "strace",
    "util-linux",
    "webkit2gtk-driver",
    "xauth",
    "xdotool",
    "xvfb",
];

/// The oldest Node that the UI's build tool runs on.
const NODE: (u32, u32) = (20, 19);

/// Installs what is missing, or names it with the command that brings it.
pub fn ensure(purpose: Purpose) -> Result<()> {
    let mut missing = Vec::new();
    let debian = is_debian(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    if debian {
        install(&packages_wanted(purpose))?;
    } else {
        missing.extend(missing_pieces(purpose));
    }
    missing.extend(missing_node());
    if missing.is_empty() {
        return Ok(());
    }
    bail!("these are missing:\n  {}", missing.join("\n  "));
}

fn is_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .any(|id| id == "debian" || id == "ubuntu")
}

fn packages_wanted(purpose: Purpose) -> Vec<&'static str> {
    let mut wanted = BUILD_PACKAGES.to_vec();
    if purpose == Purpose::Test {
        wanted.extend(TEST_PACKAGES);
    }
    if !process::works("python3", &["-m", "pip", "--version"]) {
        wanted.push("python3-pip");
    }
    wanted
}

fn install(wanted: &[&str]) -> Result<()> {
    let mut query = Command::new("dpkg-query");
    // It fails when a package is unknown and still lists the others.
    let listing = query
        .args(["--show", "--showformat=${binary:Package} ${db:Status-Status}\n"])
        .args(wanted)
        .output()
        .context("`dpkg-query` can't be started")?;
    let missing = not_installed(wanted, &String::from_utf8_lossy(&listing.stdout));
    if missing.is_empty() {
        return Ok(());
    }
    println!("Installing system packages with apt-get: {}", missing.join(" "));
    let how = format!("install them yourself: sudo apt-get install {}", missing.join(" "));
    apt_get(&["update", "--quiet=2"]).with_context(|| how.clone())?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends", "--quiet=2"];
    arguments.extend(&missing);
    apt_get(&arguments).context(how)
}

/// The wanted packages that a listing of `name[:architecture] status` does not show as installed.
fn not_installed<'a>(wanted: &[&'a str], listing: &str) -> Vec<&'a str> {
    let installed = |wanted: &str| {
        listing.lines().any(|line| {
            let Some((package, status)) = line.rsplit_once(' ') else { return false };
            package.split(':').next() == Some(wanted) && status == "installed"
        })
    };
    wanted.iter().copied().filter(|package| !installed(package)).collect()
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let is_root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("apt-get")
    } else if process::works("sudo", &["--version"]) {
        let mut sudo = Command::new("sudo");
        if !std::io::stdin().is_terminal() {
            sudo.arg("--non-interactive");
        }
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    } else {
        bail!("only root can install packages, and there is no sudo");
    };
    process::run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// What is looked for on a system whose packages we don't know: how to see it, and what brings it.
fn missing_pieces(purpose: Purpose) -> Vec<String> {
    let program = |name: &'static str, arguments: &[&str], how: &str| {
        (!process::works(name, arguments)).then(|| format!("{name}: {how}"))
    };
    let library = |name: &str, how: &str| {
        (!process::works("pkg-config", &["--exists", name])).then(|| format!("{name}: {how}"))
    };
    let mut missing = vec![
        program(
            "protoc",
            &["--version"],
            "dnf install protobuf-compiler protobuf-devel, brew install protobuf",
        ),
        program("cmake", &["--version"], "dnf install cmake, brew install cmake"),
        program(
            "python3",
            &["-m", "pip", "--version"],
            "Python 3 with pip: dnf install python3-pip, brew install python",
        ),
    ];
    if cfg!(target_os = "linux") {
        missing.push(program(
            "pkg-config",
            &["--version"],
            "dnf install pkgconf-pkg-config, pacman -S pkgconf",
        ));
        missing.push(library("webkit2gtk-4.1", "dnf install webkit2gtk4.1-devel, pacman -S webkit2gtk-4.1"));
        missing.push(library("librsvg-2.0", "dnf install librsvg2-devel, pacman -S librsvg"));
        missing.push(library("dbus-1", "dnf install dbus-devel, pacman -S dbus"));
    }
    if purpose == Purpose::Test {
        for (name, arguments, how) in [
            ("Xvfb", &["-help"], "dnf install xorg-x11-server-Xvfb, pacman -S xorg-server-xvfb"),
            ("WebKitWebDriver", &["--version"], "dnf install webkitgtk-webdriver, pacman -S webkit2gtk-4.1"),
            ("xdotool", &["version"], "dnf install xdotool, pacman -S xdotool"),
            ("strace", &["--version"], "dnf install strace, pacman -S strace"),
            ("pdftotext", &["-v"], "dnf install poppler-utils, pacman -S poppler, brew install poppler"),
        ] {
            missing.push(program(name, arguments, how));
        }
    }
    missing.into_iter().flatten().collect()
}

fn missing_node() -> Option<String> {
    let (major, minor) = NODE;
    let how = format!(
        "Node {major}.{minor} or newer with npm: https://nodejs.org/en/download, or nvm install {major}"
    );
    let Ok(version) = process::output(Command::new("node").arg("--version")) else { return Some(how) };
    if !node_is_enough(&version) {
        return Some(format!("{how} (found {})", version.trim()));
    }
    (!process::works("npm", &["--version"])).then_some(how)
}

fn node_is_enough(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= NODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_its_relatives_are_known() {
        assert!(is_debian("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"));
        assert!(is_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nVARIANT_ID=debian\n"));
        assert!(!is_debian(""));
    }

    #[test]
    fn only_packages_that_are_not_fully_installed_are_missing() {
        let listing = "cmake installed\nlibdbus-1-dev:amd64 installed\nstrace config-files\n";
        assert_eq!(not_installed(&["cmake", "libdbus-1-dev", "strace", "xvfb"], listing), ["strace", "xvfb"]);
    }

    #[test]
    fn an_old_node_is_not_enough() {
        assert!(node_is_enough("v20.19.0\n"));
        assert!(node_is_enough("v22.1.0"));
        assert!(!node_is_enough("v20.18.3"));
        assert!(!node_is_enough("v18.20.4"));
        assert!(!node_is_enough("unknown"));
    }
}

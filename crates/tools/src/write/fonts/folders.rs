//! Where fonts lie, and the files there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep folders are looked through; links between them end here too.
const DEPTH: usize = 6;
/// How many files are looked at.
const FILES: usize = 50_000;

/// The folders of this system for fonts, those for everybody first.
pub(super) fn of_system() -> Vec<PathBuf> {
    if cfg!(target_os = "windows") {
        let system = env::var_os("SystemRoot").map(|root| Path::new(&root).join("Fonts"));
        let own = env::var_os("LOCALAPPDATA").map(|data| Path::new(&data).join(r"Microsoft\Windows\Fonts"));
        return system.into_iter().chain(own).collect();
    }
    let home = env::var_os("HOME").map(PathBuf::from);
    let (shared, own): (&[&str], &[&str]) = if cfg!(target_os = "macos") {
        (&["/System/Library/Fonts", "/Library/Fonts"], &["Library/Fonts"])
    } else {
        (
            &[
                "/usr/share/fonts",
                "/usr/local/share/fonts",
                "/run/host/fonts",
                "/run/current-system/sw/share/X11/fonts",
            ],
            &[".local/share/fonts", ".fonts", ".nix-profile/share/fonts"],
        )
    };
    let own = own.iter().filter_map(|folder| home.as_ref().map(|home| home.join(folder)));
    shared.iter().map(PathBuf::from).chain(loaded_by_macos()).chain(own).collect()
}

/// Where macOS keeps fonts that it loads when they are needed, PingFang among them.
fn loaded_by_macos() -> Vec<PathBuf> {
    let Ok(assets) = fs::read_dir("/System/Library/AssetsV2") else { return Vec::new() };
    let is_fonts = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with("com_apple_MobileAsset_Font"))
    };
    let mut folders: Vec<PathBuf> = assets.flatten().map(|entry| entry.path()).filter(is_fonts).collect();
    folders.sort();
    folders
}

/// The font files beneath folders, each folder's in the order of their names. What can't be read is
/// left out, as if it were not there.
pub(super) fn files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        walk(folder, DEPTH, &mut found);
    }
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if found.len() >= FILES {
            return;
        }
        if path.is_dir() {
            if depth > 0 {
                walk(&path, depth - 1, found);
            }
        } else if is_font(&path) {
            found.push(path);
        }
    }
}

fn is_font(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| {
        ["ttf", "otf", "ttc", "otc"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    })
}

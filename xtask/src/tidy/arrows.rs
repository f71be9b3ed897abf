//! Who may import whom, and which room alone knows which framework.
//!
//! The rooms in the middle never import each other, so each is built, tested and replaced alone.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Finding;
use crate::house::House;
use crate::process;

/// Each package of the workspace, and the packages of the workspace that it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("inhouse-agent", &[]),
    ("inhouse-catalog", &["inhouse-agent"]),
    ("inhouse-ingest", &["inhouse-agent"]),
    ("inhouse-llm", &["inhouse-agent"]),
    ("inhouse-memory", &["inhouse-agent"]),
    ("inhouse-record", &["inhouse-agent"]),
    ("inhouse-tools", &["inhouse-agent"]),
    (
        "inhouse-app",
        &[
            "inhouse-agent",
            "inhouse-catalog",
            "inhouse-ingest",
            "inhouse-llm",
            "inhouse-memory",
            "inhouse-record",
            "inhouse-tools",
        ],
    ),
    ("inhouse-cli", &["inhouse-app", "inhouse-agent"]),
    ("inhouse-desktop", &["inhouse-app", "inhouse-agent"]),
    ("xtask", &["inhouse-agent", "inhouse-catalog"]),
];

/// The beginnings of crate names that only some packages may import.
const CONFINED: &[(&str, &[&str])] = &[
    ("candle", &["inhouse-llm"]),
    ("tokenizers", &["inhouse-llm"]),
    ("minijinja", &["inhouse-llm"]),
    ("safetensors", &["inhouse-llm"]),
    ("lancedb", &["inhouse-memory"]),
    ("lance", &["inhouse-memory"]),
    ("arrow", &["inhouse-memory"]),
    ("datafusion", &["inhouse-memory"]),
    ("rusqlite", &["inhouse-record"]),
    ("tauri", &["inhouse-desktop"]),
    // The tools write PDF and never read it; their tests read what they wrote.
    ("pdf-writer", &["inhouse-tools"]),
    ("pdf_oxide", &["inhouse-ingest", "inhouse-tools"]),
    ("pdf", &["inhouse-ingest"]),
    ("lopdf", &["inhouse-ingest"]),
    ("quick-xml", &["inhouse-ingest", "inhouse-tools"]),
    // Where sheets are written, they are read for the tests.
    ("calamine", &["inhouse-ingest", "inhouse-tools"]),
    ("cfb", &["inhouse-ingest"]),
    ("csv", &["inhouse-ingest"]),
    // Where sheets are read, they are written for the tests.
    ("rust_xlsxwriter", &["inhouse-ingest", "inhouse-tools"]),
    // The tool unpacks packages of models.
    ("zip", &["inhouse-ingest", "inhouse-tools", "xtask"]),
];

/// All that the innermost room imports from outside.
const AGENT_IMPORTS: &[&str] = &[
    "schemars",
    "serde",
    "serde_json",
    "thiserror",
    "toml",
    "unicode-normalization",
    "unicode-segmentation",
];

/// A package of the workspace as cargo sees it.
#[derive(Debug, Deserialize)]
pub struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// The packages of the workspace; needs no network and no lock.
pub fn workspace(house: &House) -> Result<Vec<Package>> {
    let mut command = process::cargo();
    command.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(&house.root);
    let metadata: Metadata = serde_json::from_str(&process::output(&mut command)?)
        .context("reading what `cargo metadata` wrote")?;
    let mut packages = metadata.packages;
    for package in &mut packages {
        let path = Path::new(&package.manifest_path);
        package.manifest_path = house.show(path).to_string();
    }
    Ok(packages)
}

pub fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let mut found = |what: String| findings.push(Finding::new(&package.manifest_path, 0, what));
        let Some((_, may_import)) = MAY_IMPORT.iter().find(|(name, _)| *name == package.name) else {
            found(format!("the package {} has no place in the house: give it its arrows", package.name));
            continue;
        };
        // Tests may look deeper into their own room, not into others: all kinds of dependencies count.
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let is_ours = packages.iter().any(|other| other.name == name);
            if is_ours && !may_import.contains(&name) {
                found(format!("{} must not import {name}", package.name));
            }
            if let Some((_, owners)) = CONFINED.iter().find(|(confined, _)| begins(name, confined))
                && !owners.contains(&package.name.as_str())
            {
                found(format!("{} must not import {name}, which only {} knows", package.name, owners[0]));
            }
            if package.name == "inhouse-agent" && !AGENT_IMPORTS.contains(&name) {
                found(format!("the innermost room imports {name}; it knows no IO and no framework"));
            }
        }
    }
    findings
}

/// `candle-core` begins with the name `candle`, `candlestick` does not.
fn begins(name: &str, confined: &str) -> bool {
    name.strip_prefix(confined).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|&name| Dependency { name: name.to_owned() }).collect();
        Package { name: name.to_owned(), manifest_path: format!("{name}/Cargo.toml"), dependencies }
    }

    fn found(packages: &[Package]) -> Vec<String> {
        check(packages).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn arrows_that_run_inwards_pass() {
        let packages = [
            package("inhouse-agent", &["thiserror"]),
            package("inhouse-llm", &["inhouse-agent", "candle-core"]),
            package("inhouse-app", &["inhouse-llm", "inhouse-agent", "tokio"]),
            package("inhouse-desktop", &["inhouse-app", "tauri", "tauri-build"]),
        ];
        assert_eq!(found(&packages), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_between_rooms_or_outwards_is_found() {
        let packages = [
            package("inhouse-agent", &[]),
            package("inhouse-app", &[]),
            package("inhouse-record", &["inhouse-memory"]),
            package("inhouse-memory", &["inhouse-app"]),
            package("inhouse-cli", &["inhouse-memory"]),
        ];
        assert_eq!(found(&packages).len(), 3, "{:?}", found(&packages));
    }

    #[test]
    fn a_framework_outside_its_room_is_found() {
        for (room, dependency) in [
            ("inhouse-app", "candle-nn"),
            ("inhouse-record", "arrow-array"),
            ("inhouse-memory", "rusqlite"),
            ("inhouse-cli", "tauri"),
            ("inhouse-app", "pdf-extract"),
            ("inhouse-tools", "pdf-extract"),
            ("inhouse-ingest", "pdf-writer"),
            ("inhouse-desktop", "zip"),
            ("inhouse-agent", "tokio"),
        ] {
            assert_eq!(found(&[package(room, &[dependency])]).len(), 1, "{dependency} in {room}");
        }
        assert!(found(&[package("inhouse-app", &["zipper", "pdfium"])]).is_empty());
    }

    #[test]
    fn a_package_without_arrows_is_found() {
        assert_eq!(found(&[package("inhouse-new", &[])]).len(), 1);
    }
}

//! What is shipped may be shipped: every crate's licence is allowed, and no banned crate is in.
//!
//! The rules stand in deny.toml, in the format of cargo-deny, which takes many minutes to build;
//! here the part of it that decides is read: allowed licences, exceptions and clarifications per
//! crate, banned crates. Where cargo-deny is installed, `cargo xtask test` runs it as well.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Finding;
use crate::house::House;
use crate::process;

const RULES: &str = "deny.toml";

pub fn check(house: &House) -> Result<Vec<Finding>> {
    let path = house.root.join(RULES);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let rules: Rules = toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(judge(&rules, &crates(house)?))
}

/// The parts of deny.toml that are read here; the others are cargo-deny's.
#[derive(Debug, Default, Deserialize)]
struct Rules {
    #[serde(default)]
    licenses: Licences,
    #[serde(default)]
    bans: Bans,
}

#[derive(Debug, Default, Deserialize)]
struct Licences {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    clarify: Vec<Clarification>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(alias = "name", rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Clarification {
    #[serde(alias = "name", rename = "crate")]
    name: String,
    expression: String,
}

#[derive(Debug, Default, Deserialize)]
struct Bans {
    #[serde(default)]
    deny: Vec<Banned>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Banned {
    Name(String),
    Table {
        #[serde(alias = "name", rename = "crate")]
        name: String,
    },
}

impl Banned {
    fn name(&self) -> &str {
        let (Self::Name(name) | Self::Table { name }) = self;
        // `name@version`, `name:version`
        name.split(['@', ':']).next().unwrap_or(name)
    }
}

#[derive(Debug, Deserialize)]
struct Crate {
    name: String,
    version: String,
    /// An SPDX expression.
    license: Option<String>,
    /// `None` for the packages of the workspace.
    source: Option<String>,
    id: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

/// The foreign crates that are built on this platform.
fn crates(house: &House) -> Result<Vec<Crate>> {
    let version = process::output(std::process::Command::new("rustc").arg("-vV"))?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names its host")?;
    let mut command = process::cargo();
    command.args(["metadata", "--locked", "--format-version=1", "--filter-platform", host]);
    let text = process::output(command.current_dir(&house.root))?;
    let metadata: Metadata = serde_json::from_str(&text).context("reading what `cargo metadata` wrote")?;
    let used: BTreeSet<String> = metadata.resolve.nodes.into_iter().map(|node| node.id).collect();
    let is_foreign = |package: &Crate| package.source.is_some() && used.contains(&package.id);
    Ok(metadata.packages.into_iter().filter(is_foreign).collect())
}

fn judge(rules: &Rules, crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Crate { name, version, license, .. } in crates {
        let mut found = |what: String| findings.push(Finding::new(RULES, 0, what));
        if rules.bans.deny.iter().any(|banned| banned.name() == name) {
            found(format!("{name} {version} is banned and is in the build"));
        }
        let clarified = rules.licenses.clarify.iter().find(|clarify| clarify.name == *name);
        let expression = clarified.map(|clarify| &clarify.expression).or(license.as_ref());
        let Some(expression) = expression else {
            found(format!("{name} {version} names no licence: read its files and clarify it"));
            continue;
        };
        let exceptions = rules.licenses.exceptions.iter().filter(|exception| exception.name == *name);
        let allowed: BTreeSet<&str> = rules
            .licenses
            .allow
            .iter()
            .chain(exceptions.flat_map(|exception| &exception.allow))
            .map(String::as_str)
            .collect();
        if !is_satisfied(expression, &allowed) {
            found(format!("{name} {version} has the licence {expression}, which is not allowed"));
        }
    }
    findings
}

/// Whether the allowed licences meet an SPDX licence expression (SPDX 2.3, annex D), in which the
/// older `/` means OR. An expression that can't be read is met by nothing.
fn is_satisfied(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&tokens, &mut at, allowed).is_some_and(|met| met && at == tokens.len())
}

fn any_of(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut met = all_of(tokens, at, allowed)?;
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(tokens, at, allowed)?;
    }
    Some(met)
}

fn all_of(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut met = one_of(tokens, at, allowed)?;
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one_of(tokens, at, allowed)?;
    }
    Some(met)
}

fn one_of(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> Option<bool> {
    let token = *tokens.get(*at)?;
    *at += 1;
    if token == "(" {
        let met = any_of(tokens, at, allowed)?;
        *at += 1;
        return (tokens.get(*at - 1) == Some(&")")).then_some(met);
    }
    if tokens.get(*at) == Some(&"WITH") {
        let exception = tokens.get(*at + 1)?;
        *at += 2;
        return Some(allowed.contains(format!("{token} WITH {exception}").as_str()));
    }
    Some(allowed.contains(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_of(name: &str, license: Option<&str>) -> Crate {
        Crate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: Some("registry".to_owned()),
            id: name.to_owned(),
        }
    }

    #[test]
    fn an_expression_is_met_as_spdx_says() {
        let allowed = BTreeSet::from(["MIT", "Apache-2.0 WITH LLVM-exception", "Zlib"]);
        for (expression, met) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND GPL-3.0", false),
            ("MIT AND Zlib OR GPL-3.0", true),
            ("GPL-3.0 OR MIT AND BSL-1.0", false),
            ("(GPL-3.0 OR MIT) AND Zlib", true),
            ("(GPL-3.0 OR MIT) AND (Zlib AND BSL-1.0)", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT )", false),
            ("", false),
        ] {
            assert_eq!(is_satisfied(expression, &allowed), met, "{expression}");
        }
    }

    #[test]
    fn a_licence_that_is_not_allowed_a_missing_one_and_a_banned_crate_are_found() {
        let rules: Rules = toml::from_str(
            r#"
            [licenses]
            allow = ["MIT"]
            exceptions = [{ allow = ["MPL-2.0"], crate = "sounds" }]
            [[licenses.clarify]]
            crate = "silent"
            expression = "MIT"
            [bans]
            deny = [{ crate = "spy" }, "openssl-sys"]
            "#,
        )
        .expect("the rules are valid");
        let fine =
            [crate_of("a", Some("MIT")), crate_of("sounds", Some("MPL-2.0")), crate_of("silent", None)];
        assert_eq!(judge(&rules, &fine), []);
        for wrong in [
            crate_of("b", Some("MPL-2.0")),
            crate_of("mute", None),
            crate_of("spy", Some("MIT")),
            crate_of("openssl-sys", Some("MIT")),
        ] {
            assert_eq!(judge(&rules, std::slice::from_ref(&wrong)).len(), 1, "{wrong:?}");
        }
    }
}

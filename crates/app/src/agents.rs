//! Agents: those of the gallery, which come with the program, and a person's own.
//!
//! Each is a folder with `agent.toml`, its templates and documents. The gallery's are laid out in the
//! data folder when they are first used; a person's own stand beside them and come first where both
//! have the same name.

use std::fs;
use std::path::{Path, PathBuf};

use inhouse_agent::definition::{Agent, Problem};

use crate::{App, AppError};

/// The gallery's files, by `<industry>/<role>/<path>`.
const GALLERY: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/gallery.rs"));

const FILE: &str = "agent.toml";

/// An agent that can be run, and where its folder is.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentHere {
    pub agent: Agent,
    pub folder: PathBuf,
    /// A person's own, not the gallery's.
    pub own: bool,
}

/// An agent whose file is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentBroken {
    pub path: PathBuf,
    pub problems: Vec<Problem>,
}

/// All agents, by their ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agents {
    pub agents: Vec<AgentHere>,
    pub broken: Vec<AgentBroken>,
}

impl App {
    /// All agents of the gallery and the person's own. One that is wrong hides no other.
    pub fn agents(&self) -> Result<Agents, AppError> {
        let mut agents = Agents::default();
        let own = self.home().agents();
        if own.is_dir() {
            for entry in fs::read_dir(&own).map_err(|source| AppError::io("list", &own, source))? {
                let folder = entry.map_err(|source| AppError::io("list", &own, source))?.path();
                if folder.join(FILE).is_file() {
                    add(&mut agents, &folder, true)?;
                }
            }
        }
        for role in shipped() {
            let id = role.rsplit('/').next().unwrap_or(role);
            // A person's own comes first, also when it is broken: then it is told, and not hidden.
            if !own.join(id).join(FILE).is_file() {
                let folder = self.lay_out(role)?;
                add(&mut agents, &folder, false)?;
            }
        }
        agents.agents.sort_by(|a, b| (&a.agent.industry, &a.agent.id).cmp(&(&b.agent.industry, &b.agent.id)));
        Ok(agents)
    }

    /// An agent by its id, or the one whose folder or file is named.
    pub fn agent(&self, id: &str) -> Result<AgentHere, AppError> {
        let path = Path::new(id);
        let named = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        if named.is_file() && named.file_name().is_some_and(|name| name == FILE) {
            let named = named.canonicalize().map_err(|source| AppError::io("find", &named, source))?;
            let folder = named.parent().expect("a file stands in a folder").to_owned();
            return read(&folder, true)?.map_err(|broken| broken.into());
        }
        let agents = self.agents()?;
        if let Some(found) = agents.agents.into_iter().find(|here| here.agent.id == id) {
            return Ok(found);
        }
        let is_it = |broken: &AgentBroken| {
            broken.path.parent().and_then(Path::file_name).is_some_and(|name| name == id)
        };
        match agents.broken.into_iter().find(is_it) {
            Some(broken) => Err(broken.into()),
            None => Err(AppError::NotFound { what: format!("agent {id}") }),
        }
    }

    /// Takes an agent's folder in: as the person's own, under another name if one is given.
    pub fn import_agent(&self, folder: &Path, id: Option<&str>) -> Result<AgentHere, AppError> {
        self.home().must_be_writer()?;
        let folder = folder.canonicalize().map_err(|source| AppError::io("find", folder, source))?;
        let here = read(&folder, true)?.map_err(AppError::from)?;
        let id = id.unwrap_or(&here.agent.id);
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Err(AppError::BadInput {
                path: folder,
                reason: format!("`{id}` is no name for an agent"),
                hint: "take lower-case letters, digits and hyphens, as in contract-reviewer",
            });
        }
        let target = self.home().agents().join(id);
        if target.exists() {
            return Err(AppError::BadInput {
                path: target,
                reason: "there is an agent of this name already".into(),
                hint: "give it another name, or move the other one away",
            });
        }
        copy(&folder, &target)?;
        read(&target, true)?.map_err(AppError::from)
    }

    /// Copies an agent's folder out of the data folder, to where nothing stands.
    pub fn export_agent(&self, id: &str, target: &Path) -> Result<(), AppError> {
        let here = self.agent(id)?;
        if target.exists() {
            return Err(AppError::BadInput {
                path: target.to_owned(),
                reason: "something stands there already".into(),
                hint: "name a folder that is not there yet",
            });
        }
        copy(&here.folder, target)
    }

    /// A role of the gallery as files in the data folder, as this version of the program has it.
    fn lay_out(&self, role: &str) -> Result<PathBuf, AppError> {
        let id = role.rsplit('/').next().unwrap_or(role);
        let folder = self.home().gallery().join(id);
        for (name, bytes) in GALLERY {
            let Some(rest) = name.strip_prefix(role).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let path = folder.join(rest);
            if fs::read(&path).is_ok_and(|there| there == *bytes) {
                continue;
            }
            let above = path.parent().unwrap_or(&folder);
            fs::create_dir_all(above).map_err(|source| AppError::io("make the folder", above, source))?;
            fs::write(&path, bytes).map_err(|source| AppError::io("write", &path, source))?;
        }
        Ok(folder)
    }
}

/// The roles of the gallery: `<industry>/<role>`.
fn shipped() -> impl Iterator<Item = &'static str> {
    GALLERY.iter().filter_map(|(name, _)| name.strip_suffix("/agent.toml"))
}

fn add(agents: &mut Agents, folder: &Path, own: bool) -> Result<(), AppError> {
    match read(folder, own)? {
        Ok(here) => agents.agents.push(here),
        Err(broken) => agents.broken.push(broken),
    }
    Ok(())
}

fn read(folder: &Path, own: bool) -> Result<Result<AgentHere, AgentBroken>, AppError> {
    let path = folder.join(FILE);
    let toml = fs::read_to_string(&path).map_err(|source| AppError::io("read", &path, source))?;
    let id = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(match Agent::parse(&id, &toml) {
        Ok(agent) => Ok(AgentHere { agent, folder: folder.to_owned(), own }),
        Err(problems) => Err(AgentBroken { path, problems }),
    })
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), AppError> {
    for entry in walkdir::WalkDir::new(from).follow_links(false) {
        let entry = entry.map_err(|error| AppError::Bug { what: error.to_string() })?;
        let rest = entry.path().strip_prefix(from).expect("it was found beneath it");
        let target = to.join(rest);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).map_err(|source| AppError::io("make the folder", &target, source))?;
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), &target).map_err(|source| AppError::io("copy to", &target, source))?;
        }
    }
    Ok(())
}

impl From<AgentBroken> for AppError {
    fn from(broken: AgentBroken) -> Self {
        let problems: Vec<String> = broken.problems.iter().map(ToString::to_string).collect();
        Self::BadInput {
            path: broken.path,
            reason: problems.join("; "),
            hint: "mend the lines that are named; docs/agents.md says what may stand there",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    #[test]
    fn every_agent_of_the_gallery_is_sound() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app =
            App::open(Options { home: Some(folder.path().into()), ..Options::default() }).expect("an app");
        let agents = app.agents().expect("agents");
        assert_eq!(agents.broken, []);
        assert!(!agents.agents.is_empty());
        for here in &agents.agents {
            assert!(here.folder.join("agent.toml").is_file());
        }
    }

    #[test]
    fn a_copy_of_an_agent_is_the_persons_own_and_comes_first() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app =
            App::open(Options { home: Some(folder.path().into()), ..Options::default() }).expect("an app");
        let first = app.agents().expect("agents").agents.remove(0);
        let out = folder.path().join("out");
        app.export_agent(&first.agent.id, &out).expect("an export");
        assert!(app.export_agent(&first.agent.id, &out).is_err(), "nothing is written over");
        let own = app.import_agent(&out, Some(&first.agent.id)).expect("an import");
        assert!(own.own && app.agent(&first.agent.id).expect("the agent").own);
        std::fs::write(own.folder.join("agent.toml"), "name = 1").expect("a broken file");
        let error = app.agent(&first.agent.id).expect_err("a broken file");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

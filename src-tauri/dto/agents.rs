//! What crosses of agents: the gallery, a person's own, and what is wrong with a file.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A text in each language of the product.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WordsDto {
    pub en: String,
    pub zh: String,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgentsDto {
    pub agents: Vec<AgentDto>,
    pub broken: Vec<AgentBrokenDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgentDto {
    /// The name of its folder, also in commands.
    pub id: String,
    pub name: WordsDto,
    pub description: WordsDto,
    /// A heading of the gallery.
    pub industry: String,
    /// A person's own, not the gallery's.
    pub own: bool,
    pub folder: String,
    /// The catalogue's id; null for the model in use.
    pub model: Option<String>,
    pub inputs: Vec<InputDto>,
    pub plan: PlanDto,
    /// Whether it may write outside its own folder.
    pub write: PermissionDto,
    /// Whether it may move or copy files within a folder that was given.
    pub file: PermissionDto,
    /// Names of the collections that it may search; none means everything in memory.
    pub collections: Vec<String>,
    pub limits: LimitsDto,
    /// Its file, to the letter.
    pub toml: String,
}

/// What a person hands over with a task.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct InputDto {
    pub name: String,
    pub label: WordsDto,
    pub kind: InputKindDto,
    pub required: bool,
    /// What stands in for it when nothing is given; of a file one in the agent's folder.
    pub default: Option<String>,
    /// Of a choice, what may be chosen.
    pub options: Vec<OptionDto>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum InputKindDto {
    File,
    Folder,
    Text,
    Number,
    Date,
    Choice,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OptionDto {
    pub code: String,
    pub says: WordsDto,
}

/// What an agent does, in this order, and what is checked then.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlanDto {
    pub steps: Vec<StepDto>,
    pub checks: Vec<CheckDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StepDto {
    pub name: String,
    pub title: WordsDto,
    pub work: WorkDto,
}

/// What a step uses, as the agent's file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WorkDto {
    Table,
    Split,
    Form,
    Extract,
    ForEach,
    Query,
    Compare,
    Translate,
    Redact,
    Ask,
    Free,
    Write,
    Fill,
    Mail,
    Calendar,
    File,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CheckDto {
    pub name: String,
    /// What holds when it passes.
    pub says: WordsDto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PermissionDto {
    Allow,
    Ask,
    Never,
}

/// Where a run is stopped, whatever it has reached.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LimitsDto {
    pub tokens: u32,
    pub minutes: u32,
    pub rows: u32,
}

/// An agent whose file is wrong.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgentBrokenDto {
    pub id: String,
    pub path: String,
    pub problems: Vec<ProblemDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDto {
    /// From 1.
    pub line: u32,
    pub what: String,
}

/// The language in which a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LanguageDto {
    En,
    Zh,
}

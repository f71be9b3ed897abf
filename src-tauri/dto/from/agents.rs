//! Agents as the window is told of them.

use inhouse_agent::answer::Language;
use inhouse_agent::definition::{
    Agent, Check, Input, InputKind, Limits, OptionOf, Permission, Problem, Step, Tool, Words, Work,
};
use inhouse_app::agents::{AgentBroken, AgentHere, Agents};

use super::count;
use crate::dto::{
    AgentBrokenDto, AgentDto, AgentsDto, CheckDto, InputDto, InputKindDto, LanguageDto, LimitsDto, OptionDto,
    PermissionDto, PlanDto, ProblemDto, StepDto, WordsDto, WorkDto,
};

impl From<&Agents> for AgentsDto {
    fn from(all: &Agents) -> Self {
        Self {
            agents: all.agents.iter().map(AgentDto::from).collect(),
            broken: all.broken.iter().map(AgentBrokenDto::from).collect(),
        }
    }
}

impl From<&AgentHere> for AgentDto {
    fn from(here: &AgentHere) -> Self {
        let agent = &here.agent;
        Self {
            id: agent.id.clone(),
            name: WordsDto::from(&agent.name),
            description: WordsDto::from(&agent.description),
            industry: agent.industry.clone(),
            own: here.own,
            folder: here.folder.display().to_string(),
            model: agent.model.clone(),
            inputs: agent.inputs.iter().map(InputDto::from).collect(),
            plan: PlanDto::from(agent),
            write: agent.permission(Tool::Write).into(),
            file: agent.permission(Tool::File).into(),
            collections: agent.collections.clone(),
            limits: agent.limits.into(),
            toml: agent.toml.clone(),
        }
    }
}

impl From<&Words> for WordsDto {
    fn from(words: &Words) -> Self {
        Self { en: words.en.clone(), zh: words.zh.clone() }
    }
}

impl From<&Input> for InputDto {
    fn from(input: &Input) -> Self {
        Self {
            name: input.name.clone(),
            label: WordsDto::from(&input.label),
            kind: input.kind.into(),
            required: input.required,
            default: input.default.clone(),
            options: input.options.iter().map(OptionDto::from).collect(),
        }
    }
}

impl From<InputKind> for InputKindDto {
    fn from(kind: InputKind) -> Self {
        match kind {
            InputKind::File => Self::File,
            InputKind::Folder => Self::Folder,
            InputKind::Text => Self::Text,
            InputKind::Number => Self::Number,
            InputKind::Date => Self::Date,
            InputKind::Choice => Self::Choice,
        }
    }
}

impl From<&OptionOf> for OptionDto {
    fn from(option: &OptionOf) -> Self {
        Self { code: option.code.clone(), says: WordsDto::from(&option.says) }
    }
}

impl From<&Agent> for PlanDto {
    fn from(agent: &Agent) -> Self {
        Self {
            steps: agent.steps.iter().map(StepDto::from).collect(),
            checks: agent.checks.iter().map(CheckDto::from).collect(),
        }
    }
}

impl From<&Step> for StepDto {
    fn from(step: &Step) -> Self {
        Self { name: step.name.clone(), title: WordsDto::from(&step.title), work: WorkDto::from(&step.work) }
    }
}

impl From<&Work> for WorkDto {
    fn from(work: &Work) -> Self {
        match work {
            Work::Table(_) => Self::Table,
            Work::Split(_) => Self::Split,
            Work::Form(_) => Self::Form,
            Work::Extract(_) => Self::Extract,
            Work::ForEach(_) => Self::ForEach,
            Work::Query(_) => Self::Query,
            Work::Compare(_) => Self::Compare,
            Work::Translate(_) => Self::Translate,
            Work::Redact(_) => Self::Redact,
            Work::Ask(_) => Self::Ask,
            Work::Free(_) => Self::Free,
            Work::Write(_) => Self::Write,
            Work::Fill(_) => Self::Fill,
            Work::Mail(_) => Self::Mail,
            Work::Calendar(_) => Self::Calendar,
            Work::File(_) => Self::File,
        }
    }
}

impl From<&Check> for CheckDto {
    fn from(check: &Check) -> Self {
        Self { name: check.name.clone(), says: WordsDto::from(&check.says) }
    }
}

impl From<Permission> for PermissionDto {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::Allow => Self::Allow,
            Permission::Ask => Self::Ask,
            Permission::Never => Self::Never,
        }
    }
}

impl From<Limits> for LimitsDto {
    fn from(limits: Limits) -> Self {
        Self {
            tokens: count(limits.tokens),
            minutes: u32::try_from(limits.minutes).unwrap_or(u32::MAX),
            rows: count(limits.rows),
        }
    }
}

impl From<&AgentBroken> for AgentBrokenDto {
    fn from(broken: &AgentBroken) -> Self {
        let folder = broken.path.parent().and_then(|folder| folder.file_name());
        Self {
            id: folder.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            path: broken.path.display().to_string(),
            problems: broken.problems.iter().map(ProblemDto::from).collect(),
        }
    }
}

impl From<&Problem> for ProblemDto {
    fn from(problem: &Problem) -> Self {
        Self { line: count(problem.line), what: problem.what.clone() }
    }
}

impl ProblemDto {
    /// What is wrong with an agent's file; nothing when it is sound.
    pub fn of(toml: &str) -> Vec<Self> {
        let problems = Agent::parse("", toml).err().unwrap_or_default();
        problems.iter().map(Self::from).collect()
    }
}

impl From<LanguageDto> for Language {
    fn from(language: LanguageDto) -> Self {
        match language {
            LanguageDto::En => Self::English,
            LanguageDto::Zh => Self::Chinese,
        }
    }
}

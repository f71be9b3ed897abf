// Generated from src-tauri/dto.rs by `cargo xtask codegen`; do not edit.

export type ErrorDto = { 
/**
 * Stable, for the message catalogue; `message` and `hint` are the English fallback.
 */
code: string, message: string, hint: string, };

export type StatusDto = { version: string, 
/**
 * Why this window can only look and ask: another one has the data folder.
 */
locked: ErrorDto | null, 
/**
 * The model that answers.
 */
chat: ModelDto, 
/**
 * The model that finds.
 */
embedding: ModelDto, };

export type ModelDto = { id: string, name: string, state: ModelStateDto, error: ErrorDto | null, };

export type ModelStateDto = "present" | "loading" | "loaded" | "missing" | "failed";

export type SourceDto = { id: number, path: string, name: string, state: SourceStateDto, 
/**
 * Set when `state` is failed.
 */
reason: ErrorDto | null, pages: number, 
/**
 * Numbers of the pages on which no text was found.
 */
emptyPages: Array<number>, passages: number, 
/**
 * Passages in memory so far; equals `passages` when the source is ready.
 */
passagesInMemory: number, };

export type SourceStateDto = "queued" | "reading" | "ready" | "partly_read" | "failed";

export type AddReportDto = { 
/**
 * New or changed files that were queued.
 */
queued: number, 
/**
 * Files whose content is in memory already.
 */
unchanged: number, 
/**
 * What was left out, and why.
 */
skipped: Array<SkippedDto>, };

export type SkippedDto = { path: string, reason: ErrorDto, };

export type AppEventDto = { "type": "sources_changed", sources: Array<SourceDto>, removed: number[], } | { "type": "status_changed", status: StatusDto, } | { "type": "ahead_changed", ahead: AheadDto, } | { "type": "problem", error: ErrorDto, };

export type AnswerEventDto = { "type": "started", run: number, chat: number, } | { "type": "understood", question: string, } | { "type": "evidence", passages: Array<PassageDto>, } | { "type": "loading", model: string, } | { "type": "reading", done: number, total: number, } | { "type": "text", text: string, } | { "type": "reading_on" } | { "type": "done", answer: AnswerDto, } | { "type": "failed", error: ErrorDto, };

export type PassageDto = { source: number, path: string, name: string, page: number, 
/**
 * Characters (code points) in the page's text.
 */
start: number, end: number, heading: string, text: string, score: number, };

export type AnswerDto = { run: number, text: string, 
/**
 * The documents do not hold the answer.
 */
declined: boolean, 
/**
 * A person stopped it.
 */
stopped: boolean, 
/**
 * It ends in the middle because the limit was reached.
 */
cut: boolean, sentences: Array<SentenceDto>, 
/**
 * What an agent's tool computed, as `(80 + 120) * 3 = 600`; then `text` is that.
 */
calculation: string | null, 
/**
 * The question that was answered, when it was restated because it leans on the one before it.
 */
understood: string | null, 
/**
 * What was found, best first.
 */
passages: Array<PassageDto>, 
/**
 * How many of them, from the first on, the model read.
 */
passagesRead: number, timing: TimingDto, };

export type SentenceDto = { text: string, 
/**
 * It is bound to at least one quote.
 */
supported: boolean, citations: Array<CitationDto>, 
/**
 * Where other sources say something else.
 */
conflicts: Array<CitationDto>, };

export type CitationDto = { source: number, path: string, name: string, page: number, start: number, end: number, quote: string, 
/**
 * Where it stands in a sheet.
 */
cells: CellsDto | null, };

export type CellsDto = { 
/**
 * The sheet's name; empty when the file is but one table.
 */
sheet: string, 
/**
 * As people write them: B7, A7:D7, F9.
 */
names: string, };

export type TimingDto = { retrievalMs: number, firstTokenMs: number, totalMs: number, promptTokens: number, answerTokens: number, };

export type ChatDto = { id: number, 
/**
 * Its first question.
 */
title: string, 
/**
 * Seconds since 1970, UTC.
 */
updatedAt: number, };

export type TurnDto = { run: number, question: string, 
/**
 * The id of the agent that was asked.
 */
agent: string | null, 
/**
 * The name of the collection within which it was asked, which may have been taken away since.
 */
within: string | null, 
/**
 * The run that was begun in place of an answer; its number among the runs.
 */
task: number | null, 
/**
 * Missing when it failed or the app was closed before the answer was done.
 */
answer: AnswerDto | null, error: ErrorDto | null, };

export type PageDto = { source: number, path: string, name: string, page: number, 
/**
 * Pages of the source.
 */
pages: number, text: string, };

export type ViewDto = { chat: number | null, 
/**
 * The question that is being typed.
 */
draft: string, reader: ReaderViewDto | null, };

export type ReaderViewDto = { source: number, page: number, 
/**
 * The marked range, in characters (code points) of the page's text.
 */
start: number, end: number, };

export type WordsDto = { en: string, zh: string, };

export type AgentsDto = { agents: Array<AgentDto>, broken: Array<AgentBrokenDto>, };

export type AgentDto = { 
/**
 * The name of its folder, also in commands.
 */
id: string, name: WordsDto, description: WordsDto, 
/**
 * A heading of the gallery.
 */
industry: string, 
/**
 * A person's own, not the gallery's.
 */
own: boolean, folder: string, 
/**
 * The catalogue's id; null for the model in use.
 */
model: string | null, inputs: Array<InputDto>, plan: PlanDto, 
/**
 * Whether it may write outside its own folder.
 */
write: PermissionDto, 
/**
 * Whether it may move or copy files within a folder that was given.
 */
file: PermissionDto, 
/**
 * Names of the collections that it may search; none means everything in memory.
 */
collections: Array<string>, limits: LimitsDto, 
/**
 * Its file, to the letter.
 */
toml: string, };

export type InputDto = { name: string, label: WordsDto, kind: InputKindDto, required: boolean, 
/**
 * What stands in for it when nothing is given; of a file one in the agent's folder.
 */
default: string | null, 
/**
 * Of a choice, what may be chosen.
 */
options: Array<OptionDto>, };

export type InputKindDto = "file" | "folder" | "text" | "number" | "date" | "choice";

export type OptionDto = { code: string, says: WordsDto, };

export type PlanDto = { steps: Array<StepDto>, checks: Array<CheckDto>, };

export type StepDto = { name: string, title: WordsDto, work: WorkDto, };

export type WorkDto = "table" | "split" | "form" | "extract" | "for_each" | "query" | "compare" | "translate" | "redact" | "ask" | "free" | "write" | "fill" | "mail" | "calendar" | "file";

export type CheckDto = { name: string, 
/**
 * What holds when it passes.
 */
says: WordsDto, };

export type PermissionDto = "allow" | "ask" | "never";

export type LimitsDto = { tokens: number, minutes: number, rows: number, };

export type AgentBrokenDto = { id: string, path: string, problems: Array<ProblemDto>, };

export type ProblemDto = { 
/**
 * From 1.
 */
line: number, what: string, };

export type LanguageDto = "en" | "zh";

export type RunDto = { id: number, 
/**
 * The agent's id.
 */
agent: string, model: string, state: RunStateDto, 
/**
 * Seconds since 1970, UTC.
 */
begunAt: number, endedAt: number | null, 
/**
 * Of work, waiting for people left out.
 */
seconds: number, };

export type RunStateDto = "running" | "cut_short" | "waiting" | "passed" | "failed" | "stopped" | "broken";

export type RunShownDto = { run: RunDto, 
/**
 * Of the agent's file as it was; null when this version can't read that file any more.
 */
plan: PlanDto | null, 
/**
 * What a person has to do before it goes on.
 */
pending: PendingDto | null, events: Array<HappenedDto>, };

export type PendingDto = { "kind": "answer", at: string, question: string, options: Array<string>, } | { "kind": "approval", at: string, path: string, preview: string, };

export type HappenedDto = { 
/**
 * Seconds since 1970, UTC.
 */
at: number, event: EventDto, };

export type EventDto = { "type": "begun", agent: string, model: string, language: string, given: { [key in string]: string }, } | { "type": "read", input: string, document: string, pages: number, emptyPages: number, } | { "type": "listed", input: string, table: TableDto, } | { "type": "step_begun", step: string, } | { "type": "filled", at: string, text: string, promptTokens: number, answerTokens: number, } | { "type": "called", at: string, tool: string, arguments: string, result: string, failed: boolean, } | { "type": "asked", at: string, question: string, options: Array<string>, } | { "type": "answered", at: string, text: string, } | { "type": "previewed", at: string, path: string, preview: string, } | { "type": "decided", at: string, approved: boolean, } | { "type": "wrote", at: string, path: string, bytes: number, } | { "type": "made_folder", at: string, path: string, } | { "type": "filed", at: string, from: string, to: string, copied: boolean, } | { "type": "step_done", step: string, table: TableDto, } | { "type": "checked", check: string, passed: boolean, detail: string, } | { "type": "ended", failed: Array<string>, } | { "type": "halted", code: string, at: string, what: string, } | { "type": "undone", path: string, what: string, } | { "type": "judged", verdict: string, note: string, };

export type TableDto = { columns: Array<ColumnDto>, 
/**
 * Each as long as `columns`.
 */
rows: Array<Array<ValueDto>>, };

export type ColumnDto = { name: string, kind: KindDto, };

export type KindDto = "text" | "number" | "date";

export type ValueDto = { text: string, 
/**
 * Why it stands there.
 */
from: EvidenceDto, 
/**
 * Of a quoted one, where it stands.
 */
places: Array<PlaceDto>, };

export type EvidenceDto = "given" | "quoted" | "computed" | "chosen" | "written" | "unsupported" | "missing";

export type PlaceDto = { document: string, 
/**
 * From 1.
 */
page: number, quote: string, 
/**
 * Of a sheet its name and cells.
 */
cells: string | null, };

export type RunEventDto = { "type": "started", shown: RunShownDto, } | { "type": "happened", events: Array<HappenedDto>, } | { "type": "ended", state: RunStateDto, pending: PendingDto | null, why: string | null, } | { "type": "failed", error: ErrorDto, };

export type UndoneDto = { path: string, 
/**
 * Why it was left as it is.
 */
left: string | null, 
/**
 * Where what was there before lies, when it could not be brought back.
 */
kept: string | null, };

export type VerdictDto = "accepted" | "corrected" | "rejected";

export type OutcomeDto = { agent: string, model: string, runs: number, passed: number, failed: number, 
/**
 * Stopped, broken or not at an end.
 */
unfinished: number, 
/**
 * Of work, all in all.
 */
seconds: number, 
/**
 * Read and written, all in all.
 */
tokens: number, 
/**
 * Times that a person said yes.
 */
approvals: number, accepted: number, corrected: number, rejected: number, };

export type CollectionDto = { name: string, 
/**
 * That it is to be computed ahead; not that it is.
 */
pinned: boolean, 
/**
 * Ids of the sources that lie in it now.
 */
sources: number[], 
/**
 * Of these, those that were put in by themselves; the others lie in a folder of it.
 */
own: number[], 
/**
 * Its folders, and files of it that are not in memory.
 */
places: Array<CollectionPlaceDto>, };

export type CollectionPlaceDto = { path: string, name: string, };

export type PinCostDto = { passages: number, 
/**
 * Of disk, about.
 */
bytes: number, 
/**
 * That all pinned collections take now, and may take.
 */
used: number, limit: number, };

export type ComputedDto = { 
/**
 * Sources that can be used, and those of them of which all is computed.
 */
sources: number, complete: number, bytes: number, };

export type AheadDto = { running: boolean, 
/**
 * Beginnings of prompts, mostly one for a passage; how far it is now, or came last.
 */
done: number, all: number, bytes: number, 
/**
 * There was no room for the rest.
 */
full: boolean, 
/**
 * The window computes by itself while nobody works.
 */
byItself: boolean, };

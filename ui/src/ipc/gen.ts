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

export type AppEventDto = { "type": "sources_changed", sources: Array<SourceDto>, removed: number[], } | { "type": "status_changed", status: StatusDto, } | { "type": "problem", error: ErrorDto, };

export type AnswerEventDto = { "type": "started", run: number, chat: number, } | { "type": "evidence", passages: Array<PassageDto>, } | { "type": "loading", model: string, } | { "type": "reading", done: number, total: number, } | { "type": "text", text: string, } | { "type": "done", answer: AnswerDto, } | { "type": "failed", error: ErrorDto, };

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
 * What the model read.
 */
passages: Array<PassageDto>, 
/**
 * Found passages that were left out of the prompt for want of room.
 */
passagesLeftOut: number, timing: TimingDto, };

export type SentenceDto = { text: string, 
/**
 * It is bound to at least one quote.
 */
supported: boolean, citations: Array<CitationDto>, };

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

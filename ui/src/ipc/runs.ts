import { Channel } from "@tauri-apps/api/core";
import { call } from "./call";
import type { LanguageDto, OutcomeDto, RunDto, RunEventDto, RunShownDto, UndoneDto, VerdictDto } from "./gen";

export interface NewRun {
  agent: string;
  /** By the input's name; of a file its absolute path. */
  given: Record<string, string>;
  language: LanguageDto;
  /** Where files are written, when not into the agent's own folder. */
  out: string | null;
}

type Listener = (event: RunEventDto) => void;

/** Returns at once; the course comes as events: started first, ended or failed last. */
export function beginRun(task: NewRun, onEvent: Listener): Promise<void> {
  return call("begin_run", { ...task, onEvent: new Channel<RunEventDto>(onEvent) });
}

/** Takes a run up again where it is; events as for a new one. */
export function carryOnRun(run: number, onEvent: Listener): Promise<void> {
  return call("carry_on_run", { run, onEvent: new Channel<RunEventDto>(onEvent) });
}

export function stopRun(run: number): Promise<void> {
  return call("stop_run", { run });
}

/** Keeps the answer; the run goes on when it is carried on. */
export function answerRun(run: number, text: string): Promise<void> {
  return call("answer_run", { run, text });
}

/** Keeps the decision; the run goes on when it is carried on. */
export function decideRun(run: number, approved: boolean): Promise<void> {
  return call("decide_run", { run, approved });
}

export function undoRun(run: number): Promise<UndoneDto[]> {
  return call("undo_run", { run });
}

export function judgeRun(run: number, verdict: VerdictDto, note: string): Promise<void> {
  return call("judge_run", { run, verdict, note });
}

/** Opens a file that the run wrote, or the folder in which it stands. */
export function openWritten(run: number, path: string, folder: boolean): Promise<void> {
  return call("open_written", { run, path, folder });
}

/** Newest first. */
export function listRuns(): Promise<RunDto[]> {
  return call("runs");
}

export function readRun(id: number): Promise<RunShownDto> {
  return call("run", { id });
}

export function listOutcomes(): Promise<OutcomeDto[]> {
  return call("outcomes");
}

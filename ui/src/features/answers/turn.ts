// A question and what comes of it: how the events of an answer change what is shown.
import type { AnswerDto, AnswerEventDto, ErrorDto, PassageDto, TurnDto } from "../../ipc/gen";

export interface Turn {
  /** Missing until the backend has taken the question. */
  run: number | null;
  question: string;
  /** The id of the agent that was asked. */
  agent: string | null;
  /** The name of the collection within which it was asked; null for all documents. */
  within: string | null;
  /** The question that is answered, when it leans on the one before it. */
  understood: string | null;
  evidence: PassageDto[];
  /** What has been written so far; the answer's own text counts once it is done. */
  text: string;
  phase: Phase;
}

export type Phase =
  | { at: "finding" }
  | { at: "found" }
  | { at: "loading"; model: string }
  | { at: "reading"; done: number; total: number }
  | { at: "writing" }
  | { at: "done"; answer: AnswerDto }
  | { at: "failed"; error: ErrorDto }
  /** A task was handed over in place of a question; its number among the runs. */
  | { at: "task"; task: number }
  /** The app was closed before it was done. */
  | { at: "interrupted" };

export type AnswerState = "streaming" | "done" | "failed" | "declined" | "stopped";

export function newTurn(question: string, agent: string | null = null, within: string | null = null): Turn {
  return { run: null, question, agent, within, understood: null, evidence: [], text: "", phase: { at: "finding" } };
}

/** Of a task that was handed over just now; its number among the turns is not known. */
export function taskTurn(title: string, agent: string, task: number): Turn {
  return { ...newTurn(title, agent), phase: { at: "task", task } };
}

export function keptTurn({ run, question, agent, within, task, answer, error }: TurnDto): Turn {
  const phase: Phase =
    task !== null
      ? { at: "task", task }
      : answer
        ? { at: "done", answer }
        : error
          ? { at: "failed", error }
          : { at: "interrupted" };
  const { understood = null, passages: evidence = [], text = "" } = answer ?? {};
  return { run, question, agent, within, understood, evidence, text, phase };
}

export function afterEvent(turn: Turn, event: AnswerEventDto): Turn {
  if (hasEnded(turn)) return turn;
  switch (event.type) {
    case "started":
      return { ...turn, run: event.run };
    case "understood":
      return { ...turn, understood: event.question, phase: { at: "finding" } };
    case "evidence":
      return { ...turn, evidence: event.passages, phase: { at: "found" } };
    case "loading":
      return { ...turn, phase: { at: "loading", model: event.model } };
    case "reading":
      return { ...turn, phase: { at: "reading", done: event.done, total: event.total } };
    case "text":
      return { ...turn, text: turn.text + event.text, phase: { at: "writing" } };
    case "reading_on":
      return { ...turn, text: "", phase: { at: "found" } };
    case "done": {
      const { understood, passages: evidence, text } = event.answer;
      return { ...turn, understood, evidence, text, phase: { at: "done", answer: event.answer } };
    }
    case "failed":
      return { ...turn, phase: { at: "failed", error: event.error } };
  }
}

interface Group {
  title: "turn.evidence" | "turn.read" | "turn.unread" | "turn.nearest";
  passages: PassageDto[];
  /** The number of the first of them among all that were found. */
  first: number;
}

/** What was found, told apart by what became of it: what stands above the answer, and what below it. */
export function evidenceOf({ evidence, phase }: Turn): { above: Group; below: Group } {
  const declined = phase.at === "done" && phase.answer.declined;
  const read = phase.at === "done" ? phase.answer.passagesRead : 0;
  const rest = { passages: evidence.slice(read), first: read + 1 };
  if (read > 0) {
    return {
      above: { title: "turn.read", passages: evidence.slice(0, read), first: 1 },
      below: { title: "turn.unread", ...rest },
    };
  }
  const none = { passages: [], first: 1 };
  // That there is no answer comes first; who wants to, looks whether that is so.
  return declined
    ? { above: { title: "turn.evidence", ...none }, below: { title: "turn.nearest", ...rest } }
    : { above: { title: "turn.evidence", ...rest }, below: { title: "turn.unread", ...none } };
}

export function hasEnded({ phase }: Turn): boolean {
  return phase.at === "done" || phase.at === "failed" || phase.at === "interrupted" || phase.at === "task";
}

/** The collection that it was asked within was taken away, and that is why there is no answer. */
export function goneCollection({ within, phase }: Turn, isThere: (collection: string) => boolean): string | null {
  if (phase.at !== "failed" || phase.error.code !== "not_found") return null;
  return within === null || isThere(within) ? null : within;
}

export function answerState({ phase }: Turn): AnswerState {
  switch (phase.at) {
    case "done":
      if (phase.answer.stopped) return "stopped";
      return phase.answer.declined ? "declined" : "done";
    case "failed":
      return "failed";
    case "interrupted":
      return "stopped";
    case "task":
      return "done";
    default:
      return "streaming";
  }
}

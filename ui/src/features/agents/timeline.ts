// What happened in a run, put together as the steps of its plan.
import type {
  EventDto,
  HappenedDto,
  PlanDto,
  RunEventDto,
  RunShownDto,
  RunStateDto,
  TableDto,
  WordsDto,
} from "../../ipc/gen";

/** Of a step: not begun, under way, waiting for a person, done, or begun when the run came to rest. */
export type StepState = "waiting" | "running" | "asking" | "done" | "halted";

export interface StepShown {
  name: string;
  /** Missing when the agent's file can't be read any more. */
  title: WordsDto | null;
  state: StepState;
  /** What the model answered, and where in the step. */
  answers: Array<{ at: string; text: string }>;
  questions: Array<{ question: string; answer: string | null }>;
  /** What was to be allowed; null while nobody has decided. */
  approvals: Array<{ path: string; approved: boolean | null }>;
  files: Array<{ path: string; bytes: number }>;
  table: TableDto | null;
}

export interface CheckShown {
  name: string;
  says: WordsDto | null;
  state: "undecided" | "passed" | "failed";
  detail: string;
}

export interface Timeline {
  given: Array<[input: string, text: string]>;
  documents: Array<{ name: string; pages: number; emptyPages: number }>;
  steps: StepShown[];
  checks: CheckShown[];
  /** Why it came to rest before its end, the last time. */
  halted: { code: string; what: string } | null;
  undone: Array<{ path: string; what: string }>;
  /** A person's last word on the result. */
  judged: { verdict: string; note: string } | null;
}

/** A run after an event of its course. */
export function afterEvent(shown: RunShownDto, event: RunEventDto): RunShownDto {
  switch (event.type) {
    case "started":
      return { ...event.shown, pending: null, run: { ...event.shown.run, state: "running" } };
    case "happened":
      return { ...shown, events: [...shown.events, ...event.events] };
    case "ended":
      return { ...shown, pending: event.pending, run: { ...shown.run, state: event.state } };
    case "failed":
      return { ...shown, pending: null, run: { ...shown.run, state: "cut_short" } };
  }
}

export function timelineOf(plan: PlanDto | null, events: HappenedDto[], state: RunStateDto): Timeline {
  const timeline: Timeline = {
    given: [],
    documents: [],
    steps: (plan?.steps ?? []).map(({ name, title }) => newStep(name, title)),
    checks: (plan?.checks ?? []).map(({ name, says }) => ({ name, says, state: "undecided", detail: "" })),
    halted: null,
    undone: [],
    judged: null,
  };
  for (const { event } of events) take(timeline, event);
  for (const step of timeline.steps) {
    if (step.state !== "running" || state === "running") continue;
    step.state = state === "waiting" ? "asking" : "halted";
  }
  // What it was halted by is over once it goes on.
  if (state !== "stopped" && state !== "broken") timeline.halted = null;
  return timeline;
}

function newStep(name: string, title: WordsDto | null): StepShown {
  return { name, title, state: "waiting", answers: [], questions: [], approvals: [], files: [], table: null };
}

/** Names such as `issues/3/quote` begin with the step's. */
function stepAt(timeline: Timeline, at: string): StepShown {
  const name = at.split("/")[0] ?? at;
  let step = timeline.steps.find((step) => step.name === name);
  if (!step) timeline.steps.push((step = newStep(name, null)));
  return step;
}

function take(timeline: Timeline, event: EventDto) {
  switch (event.type) {
    case "begun":
      timeline.given = Object.entries(event.given);
      break;
    case "read":
      timeline.documents = timeline.documents.filter(({ name }) => name !== event.document);
      timeline.documents.push({ name: event.document, pages: event.pages, emptyPages: event.emptyPages });
      break;
    case "step_begun":
      stepAt(timeline, event.step).state = "running";
      break;
    case "step_done": {
      const step = stepAt(timeline, event.step);
      step.state = "done";
      step.table = event.table;
      break;
    }
    case "filled":
      stepAt(timeline, event.at).answers.push({ at: event.at, text: event.text });
      break;
    case "called":
      stepAt(timeline, event.at).answers.push({ at: event.at, text: `${event.tool} ${event.arguments} → ${event.result}` });
      break;
    case "asked":
      stepAt(timeline, event.at).questions.push({ question: event.question, answer: null });
      break;
    case "answered": {
      const asked = stepAt(timeline, event.at).questions.at(-1);
      if (asked) asked.answer = event.text;
      break;
    }
    case "previewed":
      stepAt(timeline, event.at).approvals.push({ path: event.path, approved: null });
      break;
    case "decided": {
      const previewed = stepAt(timeline, event.at).approvals.at(-1);
      if (previewed) previewed.approved = event.approved;
      break;
    }
    case "wrote":
      stepAt(timeline, event.at).files.push({ path: event.path, bytes: event.bytes });
      break;
    case "checked": {
      const state = event.passed ? "passed" : "failed";
      const check = timeline.checks.find(({ name }) => name === event.check);
      if (check) Object.assign(check, { state, detail: event.detail });
      else timeline.checks.push({ name: event.check, says: null, state, detail: event.detail });
      break;
    }
    case "halted":
      timeline.halted = { code: event.code, what: event.what };
      break;
    case "undone":
      timeline.undone.push({ path: event.path, what: event.what });
      break;
    case "judged":
      timeline.judged = { verdict: event.verdict, note: event.note };
      break;
    case "ended":
      break;
  }
}

/** All files that a run made, in their order. */
export function filesOf(timeline: Timeline): string[] {
  return [...new Set(timeline.steps.flatMap(({ files }) => files.map(({ path }) => path)))];
}

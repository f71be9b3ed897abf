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
  WorkDto,
} from "../../ipc/gen";

/** Of a step: not begun, under way, waiting for a person, done, or begun when the run came to rest. */
export type StepState = "waiting" | "running" | "asking" | "done" | "halted";

export interface StepShown {
  name: string;
  /** Missing when the agent's file can't be read any more. */
  title: WordsDto | null;
  /** Missing likewise. */
  work: WorkDto | null;
  state: StepState;
  /** What the model answered, and where in the step. */
  answers: Array<{ at: string; text: string }>;
  questions: Array<{ question: string; answer: string | null }>;
  /** What was to be allowed; null while nobody has decided. */
  approvals: Array<{ path: string; approved: boolean | null }>;
  files: Array<{ path: string; bytes: number }>;
  /** Folders that were made to file something in. */
  folders: string[];
  filings: Filing[];
  table: TableDto | null;
}

/** A file of the person that was moved or copied. */
export interface Filing {
  from: string;
  to: string;
  copied: boolean;
}

/** A document that was read, or a folder's that was not. */
export interface DocumentShown {
  input: string;
  name: string;
  pages: number;
  emptyPages: number;
  /** Why it could not be read; empty when it was. */
  problem: string;
}

export interface CheckShown {
  name: string;
  says: WordsDto | null;
  state: "undecided" | "passed" | "failed";
  detail: string;
}

export interface Timeline {
  given: Array<[input: string, text: string]>;
  documents: DocumentShown[];
  /** Folders that were looked through, with what is in them. */
  folders: Array<{ input: string; documents: DocumentShown[] }>;
  steps: StepShown[];
  checks: CheckShown[];
  /** Why it came to rest before its end, the last time. */
  halted: { code: string; at: string; what: string } | null;
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
    folders: [],
    steps: (plan?.steps ?? []).map(({ name, title, work }) => newStep(name, title, work)),
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

function newStep(name: string, title: WordsDto | null, work: WorkDto | null): StepShown {
  return {
    name,
    title,
    work,
    state: "waiting",
    answers: [],
    questions: [],
    approvals: [],
    files: [],
    folders: [],
    filings: [],
    table: null,
  };
}

/** What a step does; `at` is where in the run, and begins with the step's name. */
export function workAt(plan: PlanDto | null, at: string): WorkDto | null {
  return plan?.steps.find(({ name }) => name === at.split("/")[0])?.work ?? null;
}

/** Names such as `issues/3/quote` begin with the step's. */
function stepAt(timeline: Timeline, at: string): StepShown {
  const name = at.split("/")[0] ?? at;
  let step = timeline.steps.find((step) => step.name === name);
  if (!step) timeline.steps.push((step = newStep(name, null, null)));
  return step;
}

function take(timeline: Timeline, event: EventDto) {
  switch (event.type) {
    case "begun":
      timeline.given = Object.entries(event.given);
      break;
    case "read":
      timeline.documents = timeline.documents.filter(({ name }) => name !== event.document);
      timeline.documents.push({
        input: event.input,
        name: event.document,
        pages: event.pages,
        emptyPages: event.emptyPages,
        problem: "",
      });
      break;
    case "listed":
      takeFolder(timeline, event.input, event.table);
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
    case "made_folder":
      stepAt(timeline, event.at).folders.push(event.path);
      break;
    case "filed":
      stepAt(timeline, event.at).filings.push({ from: event.from, to: event.to, copied: event.copied });
      break;
    case "checked": {
      const state = event.passed ? "passed" : "failed";
      const check = timeline.checks.find(({ name }) => name === event.check);
      if (check) Object.assign(check, { state, detail: event.detail });
      else timeline.checks.push({ name: event.check, says: null, state, detail: event.detail });
      break;
    }
    case "halted":
      timeline.halted = { code: event.code, at: event.at, what: event.what };
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

/** The files of a folder stand in a table, with what was read of them told before, one by one. */
function takeFolder(timeline: Timeline, input: string, table: TableDto) {
  const file = table.columns.findIndex(({ name }) => name === "file");
  const problem = table.columns.findIndex(({ name }) => name === "problem");
  const read = new Map(timeline.documents.filter((of) => of.input === input).map((of) => [of.name, of]));
  const documents = table.rows.map((row) => {
    const name = row[file]?.text ?? "";
    const { pages = 0, emptyPages = 0 } = read.get(name) ?? {};
    return { input, name, pages, emptyPages, problem: row[problem]?.text ?? "" };
  });
  timeline.documents = timeline.documents.filter((of) => of.input !== input);
  timeline.folders = [...timeline.folders.filter((of) => of.input !== input), { input, documents }];
}

/** All files that a run made, in their order; copies of a person's files among them. */
export function filesOf(timeline: Timeline): string[] {
  const made = timeline.steps.flatMap(({ files, filings }) => [
    ...files.map(({ path }) => path),
    ...filings.filter(({ copied }) => copied).map(({ to }) => to),
  ]);
  return [...new Set(made)];
}

/** All files of the person that a run moved. */
export function movedBy(timeline: Timeline): Filing[] {
  return timeline.steps.flatMap(({ filings }) => filings.filter(({ copied }) => !copied));
}

/** Both paths without the folders that they have in common. */
export function withinTheSame({ from, to }: Filing): { from: string; to: string } {
  const [a, b] = [from.split(/(?<=[\\/])/), to.split(/(?<=[\\/])/)];
  let same = 0;
  while (same < Math.min(a.length, b.length) - 1 && a[same] === b[same]) same++;
  return { from: a.slice(same).join(""), to: b.slice(same).join("") };
}

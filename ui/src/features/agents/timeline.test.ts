import { describe, expect, test } from "vitest";
import { agent, happened, shownRun, table } from "../../../test/fixtures";
import type { EventDto, RunStateDto } from "../../ipc/gen";
import { afterEvent, filesOf, movedBy, timelineOf, withinTheSame, workAt } from "./timeline";

const timeline = (state: RunStateDto, ...events: EventDto[]) => timelineOf(agent().plan, happened(...events), state);
const states = (state: RunStateDto, ...events: EventDto[]) => timeline(state, ...events).steps.map((step) => step.state);

const begun: EventDto = { type: "step_begun", step: "clauses" };
const done: EventDto = { type: "step_done", step: "clauses", table: table() };

describe("the steps of a run", () => {
  test("are those of its plan, and each is as far as its events say", () => {
    expect(states("running")).toEqual(["waiting", "waiting"]);
    expect(states("running", begun)).toEqual(["running", "waiting"]);
    expect(states("running", begun, done, { type: "step_begun", step: "report" })).toEqual(["done", "running"]);
  });

  test("are not called under way when the run rests", () => {
    expect(states("waiting", begun)).toEqual(["asking", "waiting"]);
    expect(states("stopped", begun)).toEqual(["halted", "waiting"]);
    expect(states("cut_short", begun)).toEqual(["halted", "waiting"]);
  });

  test("have what the model answered, in their place", () => {
    const filled: EventDto = { type: "filled", at: "clauses/3/quote", text: "45 days", promptTokens: 300, answerTokens: 5 };
    const { steps } = timeline("running", begun, filled);
    expect(steps[0]?.answers).toEqual([{ at: "clauses/3/quote", text: "45 days" }]);
  });

  test("keep questions with their answers, and approvals with their decisions", () => {
    const { steps } = timeline(
      "running",
      { type: "asked", at: "clauses", question: "Which?", options: ["A", "B"] },
      { type: "answered", at: "clauses", text: "B" },
      { type: "previewed", at: "report", path: "/out/a.docx", preview: "text" },
      { type: "decided", at: "report", approved: true },
      { type: "wrote", at: "report", path: "/out/a.docx", bytes: 12 },
    );
    expect(steps[0]?.questions).toEqual([{ question: "Which?", answer: "B" }]);
    expect(steps[1]?.approvals).toEqual([{ path: "/out/a.docx", approved: true }]);
    expect(filesOf(timeline("passed", { type: "wrote", at: "report", path: "/out/a.docx", bytes: 1 }))).toEqual(["/out/a.docx"]);
  });

  test("have the folders that were made, and where files went", () => {
    const moved: EventDto = { type: "filed", at: "report", from: "/in/a.pdf", to: "/in/2026/a.pdf", copied: false };
    const copied: EventDto = { type: "filed", at: "report", from: "/in/b.pdf", to: "/in/2026/b.pdf", copied: true };
    const shown = timeline("passed", { type: "made_folder", at: "report", path: "/in/2026" }, moved, copied);
    expect(shown.steps[1]).toMatchObject({ folders: ["/in/2026"], filings: [{ to: "/in/2026/a.pdf" }, { copied: true }] });
    // A copy is a file that was made; what was moved was there before.
    expect(filesOf(shown)).toEqual(["/in/2026/b.pdf"]);
    expect(movedBy(shown).map(({ from }) => from)).toEqual(["/in/a.pdf"]);
  });

  test("are shown by their names when the plan can't be read any more", () => {
    const { steps } = timelineOf(null, happened(begun, done), "passed");
    expect(steps).toMatchObject([{ name: "clauses", title: null, state: "done" }]);
  });
});

test("a folder that was looked through holds what was read of it, and what was not", () => {
  const read = (input: string, document: string): EventDto => ({ type: "read", input, document, pages: 3, emptyPages: 1 });
  const value = (text: string) => ({ text, from: "given" as const, places: [] });
  const columns = ["file", "problem"].map((name) => ({ name, kind: "text" as const }));
  const rows = [
    [value("a.pdf"), value("")],
    [value("sub/b.doc"), value("it can't be read")],
  ];
  const listed: EventDto = { type: "listed", input: "inbox", table: { columns, rows } };
  const shown = timeline("running", read("contract", "c.docx"), read("inbox", "a.pdf"), listed);
  expect(shown.documents.map(({ name }) => name)).toEqual(["c.docx"]);
  expect(shown.folders).toMatchObject([
    {
      input: "inbox",
      documents: [
        { name: "a.pdf", pages: 3, emptyPages: 1, problem: "" },
        { name: "sub/b.doc", problem: "it can't be read" },
      ],
    },
  ]);
});

test("the way of a file is told without the folders that both its places have", () => {
  const way = (from: string, to: string) => withinTheSame({ from, to, copied: false });
  expect(way("/docs/in/a.pdf", "/docs/in/2026/a.pdf")).toEqual({ from: "a.pdf", to: "2026/a.pdf" });
  expect(way("C:\\in\\x\\a.pdf", "C:\\in\\a.pdf")).toEqual({ from: "x\\a.pdf", to: "a.pdf" });
  expect(way("/in/a", "/in/a")).toEqual({ from: "a", to: "a" });
});

test("where something happens says what work it is", () => {
  expect(workAt(agent().plan, "clauses/3/quote")).toBe("for_each");
  expect(workAt(agent().plan, "gone")).toBeNull();
  expect(workAt(null, "clauses")).toBeNull();
});

describe("the end of a run", () => {
  test("has a decision for each check, and none that was not made", () => {
    expect(timeline("running").checks).toMatchObject([{ state: "undecided" }]);
    const failed = timeline("failed", { type: "checked", check: "quoted", passed: false, detail: "row 2" });
    expect(failed.checks).toMatchObject([{ name: "quoted", state: "failed", detail: "row 2" }]);
  });

  test("says why it was halted, until it goes on", () => {
    const halted: EventDto = { type: "halted", code: "limit", at: "", what: "after 10 tokens" };
    expect(timeline("stopped", halted).halted).toEqual({ code: "limit", at: "", what: "after 10 tokens" });
    expect(timeline("running", halted).halted).toBeNull();
  });

  test("keeps a person's last word", () => {
    const { judged } = timeline(
      "passed",
      { type: "judged", verdict: "accepted", note: "" },
      { type: "judged", verdict: "corrected", note: "two rows" },
    );
    expect(judged).toEqual({ verdict: "corrected", note: "two rows" });
  });
});

describe("the course of a run", () => {
  test("goes on from what was there when it was taken up", () => {
    const pending = { kind: "answer" as const, at: "clauses", question: "Which?", options: [] };
    let shown = afterEvent(shownRun(), { type: "started", shown: shownRun({ run: { ...shownRun().run, state: "waiting" }, pending }) });
    expect(shown).toMatchObject({ run: { state: "running" }, pending: null });
    shown = afterEvent(shown, { type: "happened", events: happened(begun) });
    expect(shown.events.map(({ event }) => event.type)).toEqual(["begun", "step_begun"]);
    shown = afterEvent(shown, { type: "ended", state: "waiting", pending, why: null });
    expect(shown).toMatchObject({ run: { state: "waiting" }, pending });
  });

  test("that could not go on can be taken up again, and is not called working", () => {
    const error = { code: "model_missing", message: "m", hint: "h" };
    expect(afterEvent(shownRun(), { type: "failed", error }).run.state).toBe("cut_short");
  });
});

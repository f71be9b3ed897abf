// Tasks that are handed over in a chat, in the whole window against a stand-in for Rust.
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, test } from "vitest";
import { Backend } from "../../../test/backend";
import { agent, happened, input, run, shownRun, source, turn, words } from "../../../test/fixtures";
import type { RunEventDto } from "../../ipc/gen";
import { notices } from "../../shared/notices.svelte";
import Desk from "../../views/Desk.svelte";

let backend: Backend;

beforeEach(() => {
  backend = new Backend().install();
  backend.sources = [source()];
  backend.agents = { agents: [agent(), agent({ id: "filer", name: words("Filer"), inputs: [input({ name: "inbox", kind: "folder" })] })], broken: [] };
  notices.list = [];
});

async function open() {
  render(Desk);
  await waitFor(() => expect(document.documentElement.dataset["ready"]).toBe("true"));
}

const choose = (id: string) => fireEvent.change(screen.getByTestId("ask-agent"), { target: { value: id } });

async function fillIn() {
  await open();
  await choose("contract-reviewer");
  await fireEvent.click(screen.getByTestId("hand-over"));
  await screen.findByTestId("handing");
}

/** A chat in which a task was handed over. */
async function openKept(change: Partial<ReturnType<typeof shownRun>> = {}) {
  backend.run = shownRun(change);
  backend.runs = [backend.run.run];
  backend.chats = [{ id: 4, title: "Contract reviewer: a.docx", updatedAt: 0 }];
  backend.turns = [turn({ question: "Contract reviewer: a.docx", agent: "contract-reviewer", task: 3, answer: null })];
  backend.view = { chat: 4, draft: "", reader: null };
  await open();
  await screen.findByTestId("run-card");
}

const started: RunEventDto = { type: "started", shown: shownRun() };
const card = () => screen.getByTestId("run-card");
const cardState = () => card().dataset["state"];

describe("a task in a chat", () => {
  test("is filled in beside the question, and put away with Esc, which keeps it", async () => {
    await fillIn();
    expect(document.activeElement?.textContent).toBe("A task for Contract reviewer");
    expect(screen.getByTestId("hand-over").getAttribute("aria-expanded")).toBe("true");
    backend.drag("enter", ["/a.docx"]);
    expect((await screen.findByTestId("drop-overlay")).textContent).toContain("Drop to hand over");
    backend.drag("drop", ["/docs/a.docx"]);
    await screen.findByTestId("chosen-file");
    expect(backend.called("add_paths")).toEqual([]);

    await fireEvent.keyDown(screen.getByTestId("begin"), { key: "Escape" });
    expect(screen.queryByTestId("handing")).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("hand-over")));
    await fireEvent.click(screen.getByTestId("hand-over"));
    expect((await screen.findByTestId("chosen-file")).title).toBe("/docs/a.docx");
  });

  test("is the chosen agent's, and goes away with it", async () => {
    await fillIn();
    await choose("filer");
    expect(screen.getByTestId("handing").dataset["agent"]).toBe("filer");
    backend.drag("drop", ["/docs/a.docx"]);
    expect((await screen.findByTestId("refused")).textContent).toContain("a folder is asked for here");
    await choose("");
    expect(screen.queryByTestId("handing")).toBeNull();
    backend.drag("drop", ["/docs/a.docx"]);
    await waitFor(() => expect(backend.called("add_paths")).toHaveLength(1));
  });

  test("is begun, kept in the chat under its file's name, and its course is shown there", async () => {
    await fillIn();
    backend.drag("drop", ["/docs/supply agreement.docx"]);
    await screen.findByTestId("chosen-file");
    await fireEvent.click(screen.getByTestId("begin"));
    await waitFor(() => expect(backend.called("begin_run")).toHaveLength(1));
    expect(backend.called("hand_over")).toEqual([]);
    backend.run = shownRun();
    backend.tellRun(started);
    await screen.findByTestId("run-card");
    expect(backend.called("hand_over")).toEqual([{ chat: null, title: "Contract reviewer: supply agreement.docx", run: 3 }]);
    expect(screen.queryByTestId("handing")).toBeNull();
    expect(screen.getByTestId("turn-question").textContent).toBe("Contract reviewer: supply agreement.docx");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("question")));

    backend.tellRun({ type: "happened", events: happened({ type: "step_begun", step: "report" }) });
    expect((await screen.findByTestId("run-step")).textContent).toContain("Step 2 of 2: Write the list");
    const pending = { kind: "answer" as const, at: "report", question: "Who signs?", options: ["Legal"] };
    backend.tellRun({ type: "ended", state: "waiting", pending, why: null });
    await fireEvent.click(await screen.findByLabelText("Legal"));
    await fireEvent.click(screen.getByTestId("send-answer"));
    await waitFor(() => expect(backend.called("carry_on_run")).toHaveLength(1));
    expect(backend.called("answer_run")).toEqual([{ run: 3, text: "Legal" }]);

    backend.tellRun(started, { type: "happened", events: happened({ type: "wrote", at: "report", path: "/out/list.docx", bytes: 9 }) });
    backend.tellRun({ type: "ended", state: "passed", pending: null, why: null });
    await waitFor(() => expect(cardState()).toBe("passed"));
    expect(screen.getByTestId("card-files").textContent).toContain("/out/list.docx");
  });

  test("is followed by a question in the same chat", async () => {
    await fillIn();
    backend.drag("drop", ["/docs/a.docx"]);
    await screen.findByTestId("chosen-file");
    await fireEvent.click(screen.getByTestId("begin"));
    await waitFor(() => expect(backend.called("begin_run")).toHaveLength(1));
    backend.run = shownRun();
    backend.tellRun(started);
    await screen.findByTestId("run-card");
    await fireEvent.input(screen.getByTestId("question"), { target: { value: "And now?" } });
    await fireEvent.keyDown(screen.getByTestId("question"), { key: "Enter" });
    await waitFor(() => expect(backend.called("ask")[0]).toMatchObject({ chat: 9, agent: "contract-reviewer" }));
    expect(screen.getAllByTestId("turn")).toHaveLength(2);
  });

  test("waits for the chat of a question that was asked just before", async () => {
    await fillIn();
    backend.drag("drop", ["/docs/a.docx"]);
    await screen.findByTestId("chosen-file");
    await fireEvent.input(screen.getByTestId("question"), { target: { value: "One?" } });
    await fireEvent.keyDown(screen.getByTestId("question"), { key: "Enter" });
    await waitFor(() => expect(backend.called("ask")).toHaveLength(1));
    await fireEvent.click(screen.getByTestId("begin"));
    await waitFor(() => expect(backend.called("begin_run")).toHaveLength(1));
    backend.run = shownRun();
    backend.tellRun(started);
    await waitFor(() => expect(screen.queryByTestId("handing")).toBeNull());
    expect(backend.called("hand_over")).toEqual([]);
    backend.answer({ type: "started", run: 7, chat: 4 });
    await waitFor(() => expect(backend.called("hand_over")[0]).toMatchObject({ chat: 4 }));
  });

  test("that can't be begun says why and stays", async () => {
    backend.refuses.set("begin_run", { code: "home_locked", message: "m", hint: "h" });
    await fillIn();
    backend.drag("drop", ["/docs/a.docx"]);
    await screen.findByTestId("chosen-file");
    await fireEvent.click(screen.getByTestId("begin"));
    expect((await screen.findByTestId("task-failed")).textContent).toContain("Another Inhouse");
    expect(backend.called("hand_over")).toEqual([]);
  });
});

describe("a kept task", () => {
  test("is shown as its run is now, without a second name beside it", async () => {
    await openKept({ run: run({ state: "passed" }), events: happened({ type: "wrote", at: "report", path: "/out/a.docx", bytes: 1 }) });
    expect(backend.called("run")).toEqual([{ id: 3 }]);
    expect(card().textContent).toMatch(/Contract reviewer\s+No\. 3\s+Done, all checks passed/);
    expect(screen.queryByTestId("turn-agent")).toBeNull();
    expect(screen.getByTestId("answer").getAttribute("aria-busy")).toBe("false");
  });

  test("asks for leave without taking the focus", async () => {
    const pending = { kind: "approval" as const, at: "report", path: "/out/list.docx", preview: "Rules" };
    await openKept({ run: run({ state: "waiting" }), pending });
    expect(document.activeElement).toBe(screen.getByTestId("question"));
    await new Promise((done) => setTimeout(done, 650));
    await fireEvent.click(screen.getByTestId("allow"));
    await waitFor(() => expect(backend.called("carry_on_run")).toHaveLength(1));
    expect(backend.called("decide_run")).toEqual([{ run: 3, approved: true }]);
    expect(card().contains(document.activeElement)).toBe(true);
  });

  test("that failed a check says which", async () => {
    const events = happened({ type: "checked", check: "quoted", passed: false, detail: "clause in row 2" });
    await openKept({ run: run({ state: "failed" }), events });
    expect(card().textContent).toMatch(/FAILED\s+Every clause is quoted\s+clause in row 2/);
  });

  test("is shown with all its steps elsewhere, and both places agree", async () => {
    await openKept({ run: run({ state: "cut_short" }) });
    await fireEvent.click(screen.getByTestId("all-steps"));
    await screen.findByTestId("run");
    await fireEvent.click(screen.getByTestId("carry-on"));
    backend.tellRun(started);
    await fireEvent.keyDown(document.body, { key: "1", ctrlKey: true });
    backend.tellRun({ type: "happened", events: happened({ type: "step_begun", step: "clauses" }) });
    expect((await screen.findByTestId("run-step")).textContent).toContain("Find the clauses");
    backend.tellRun({ type: "ended", state: "passed", pending: null, why: null });
    await waitFor(() => expect(cardState()).toBe("passed"));
  });

  test("whose run can't be read says so", async () => {
    backend.refuses.set("run", { code: "not_found", message: "no run 3", hint: "h" });
    backend.chats = [{ id: 4, title: "a", updatedAt: 0 }];
    backend.turns = [turn({ task: 3, answer: null })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
    expect((await screen.findByTestId("run-card-failed")).textContent).toContain("no run 3");
  });
});

test("every control of a task in a chat has a name", async () => {
  const pending = { kind: "approval" as const, at: "report", path: "/out/list.docx", preview: "Rules" };
  await openKept({ run: run({ state: "waiting" }), pending });
  await choose("contract-reviewer");
  await fireEvent.click(screen.getByTestId("hand-over"));
  for (const control of document.querySelectorAll<HTMLElement>("button, input, select, textarea")) {
    const label = (control as HTMLInputElement).labels?.[0]?.textContent;
    const by = control.getAttribute("aria-labelledby");
    const name = control.getAttribute("aria-label") ?? (by ? document.getElementById(by)?.textContent : label) ?? control.textContent;
    expect(name?.trim(), control.outerHTML).toBeTruthy();
  }
});

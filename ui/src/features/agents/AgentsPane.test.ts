// Agents and their runs, in the whole window against a stand-in for Rust.
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Backend } from "../../../test/backend";
import { agent, collection, happened, input, run, shownRun, source, table, words } from "../../../test/fixtures";
import { language } from "../../i18n/messages.svelte";
import type { RunEventDto } from "../../ipc/gen";
import { notices } from "../../shared/notices.svelte";
import Desk from "../../views/Desk.svelte";

let backend: Backend;

beforeEach(() => {
  backend = new Backend().install();
  backend.sources = [source()];
  backend.agents = { agents: [agent(), agent({ id: "reconciler", name: words("Reconciler"), industry: "finance" })], broken: [] };
  notices.list = [];
});

afterEach(() => {
  language.set("en");
  vi.useRealTimers();
});

async function openAgents() {
  render(Desk);
  await waitFor(() => expect(document.documentElement.dataset["ready"]).toBe("true"));
  await fireEvent.keyDown(document.body, { key: "2", ctrlKey: true });
  await screen.findAllByTestId("agent-item");
}

async function openAgent() {
  await openAgents();
  await fireEvent.click(screen.getByRole("button", { name: /Contract reviewer/ }));
}

async function openRun(change: Partial<ReturnType<typeof shownRun>> = {}) {
  backend.run = shownRun(change);
  backend.runs = [backend.run.run];
  await openAgents();
  await fireEvent.click(within(await screen.findByTestId("run-item")).getByRole("button"));
  await screen.findByTestId("run");
}

const started: RunEventDto = { type: "started", shown: shownRun() };
const runState = () => screen.getByTestId("run").dataset["state"];

describe("the gallery", () => {
  test("has all agents by industry, in the person's language", async () => {
    await openAgents();
    expect(screen.getAllByRole("heading", { level: 3 }).map((heading) => heading.textContent)).toEqual(["Office", "Finance"]);
    await fireEvent.click(screen.getByTestId("language"));
    expect(screen.getByText("合同审查")).toBeTruthy();
    expect(screen.getAllByText("审查合同")).toHaveLength(2);
  });

  test("names each line of a file that has to be mended", async () => {
    backend.agents.broken = [{ id: "mine", path: "/data/agents/mine/agent.toml", problems: [{ line: 4, what: "a step has no name" }] }];
    await openAgents();
    const broken = screen.getByTestId("agent-broken").textContent;
    expect(broken).toContain("/data/agents/mine/agent.toml");
    expect(broken).toContain("Line 4: a step has no name");
  });

  test("is left for the documents and their question by the keyboard", async () => {
    await openAgents();
    expect(screen.queryByTestId("question")).toBeNull();
    await fireEvent.keyDown(document.body, { key: "1", ctrlKey: true });
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("question")));
  });
});

describe("an agent", () => {
  test("says what it does, what is checked and what it may do", async () => {
    await openAgent();
    expect(screen.getByTestId("agent-steps").textContent).toContain("Find the clauses");
    expect(screen.getByTestId("agent-checks").textContent).toContain("Every clause is quoted");
    expect(screen.getByText(/Elsewhere it asks you for each file/)).toBeTruthy();
    expect(screen.getByTestId("file-lines").textContent).toContain('name = "x"');
    expect(screen.getAllByTestId("work").map((work) => work.textContent)).toEqual(["the model answers row by row", "writes a file"]);
  });

  test("says what it may read, and whether it moves files", async () => {
    backend.agents.agents = [agent({ file: "ask", collections: ["Contracts", "Policies"] })];
    await openAgent();
    expect(screen.getByTestId("agent-may").textContent).toContain("only in: Contracts and Policies.");
    expect(screen.getByTestId("agent-may").textContent).toContain("asks you first, with a list of all of them");
  });

  test("says which of its collections are not there", async () => {
    backend.agents.agents = [agent({ collections: ["Contracts", "Policies"] })];
    backend.collections = [collection({ name: "Contracts" })];
    await openAgent();
    expect(screen.getByTestId("collection-missing").textContent).toContain("no collection “Policies” yet");
  });

  test("that is bound to no collection may read all, and says so in Chinese too", async () => {
    await openAgent();
    expect(screen.getByTestId("agent-may").textContent).toContain("everything that is in memory");
    expect(screen.getByTestId("agent-may").textContent).toContain("neither moves nor copies");
    await fireEvent.click(screen.getByTestId("language"));
    expect(screen.getByTestId("agent-may").textContent).toContain("可检索已读取的全部文档。");
  });

  test("is handed a task, and what it does then is shown", async () => {
    await openAgent();
    backend.picked = ["/docs/supply agreement.docx"];
    await fireEvent.click(screen.getAllByTestId("pick")[0] as HTMLElement);
    await screen.findByTestId("chosen-file");
    await fireEvent.click(screen.getByTestId("begin"));
    await waitFor(() => expect(backend.called("begin_run")).toHaveLength(1));
    expect(backend.called("begin_run")[0]).toMatchObject({
      agent: "contract-reviewer",
      given: { contract: "/docs/supply agreement.docx" },
      language: "en",
      out: null,
    });

    backend.tellRun(started, { type: "happened", events: happened({ type: "step_begun", step: "clauses" }) });
    await waitFor(() => expect(screen.getAllByTestId("step")[0]?.dataset["state"]).toBe("running"));
    backend.tellRun({ type: "happened", events: happened({ type: "step_done", step: "clauses", table: table() }) });
    backend.tellRun({ type: "ended", state: "passed", pending: null, why: null });
    await waitFor(() => expect(runState()).toBe("passed"));
    expect(screen.getByTestId("run").textContent).toContain("supply agreement.docx");
  });

  test("is handed nothing while something is missing, and the focus goes there", async () => {
    await openAgent();
    await fireEvent.click(screen.getByTestId("begin"));
    expect(screen.getByTestId("trouble").textContent).toBe("This is needed.");
    await waitFor(() => expect(document.activeElement).toBe(screen.getAllByTestId("pick")[0]));
    expect(backend.called("begin_run")).toEqual([]);
  });

  test("takes dropped files for its task, and not as documents", async () => {
    await openAgent();
    backend.drag("enter", ["/a.docx"]);
    expect((await screen.findByTestId("drop-overlay")).textContent).toContain("Drop to hand over");
    backend.drag("drop", ["/docs/a.docx", "/docs/b.csv"]);
    await waitFor(() => expect(screen.getAllByTestId("chosen-file")).toHaveLength(2));
    expect(backend.called("add_paths")).toEqual([]);
  });

  test("takes a folder that is picked or dropped, and no file in its place", async () => {
    backend.agents.agents = [agent({ inputs: [input({ name: "inbox", label: words("The inbox"), kind: "folder" })] })];
    backend.folders.add("/docs/inbox");
    await openAgent();
    backend.drag("drop", ["/docs/a.docx"]);
    expect((await screen.findByTestId("refused")).textContent).toBe("“a.docx” is a file, and a folder is asked for here.");
    expect(screen.queryByTestId("chosen-file")).toBeNull();
    backend.drag("drop", ["/docs/inbox"]);
    expect((await screen.findByTestId("chosen-file")).title).toBe("/docs/inbox");
    expect(screen.queryByTestId("refused")).toBeNull();

    backend.picked = ["/docs/other"];
    await fireEvent.click(screen.getByRole("button", { name: "Another folder: The inbox" }));
    await waitFor(() => expect(screen.getByTestId("chosen-file").title).toBe("/docs/other"));
    expect(backend.called("plugin:dialog|open")[0]).toMatchObject({ options: { directory: true, multiple: false } });
    await fireEvent.click(screen.getByTestId("begin"));
    await waitFor(() => expect(backend.called("begin_run")[0]).toMatchObject({ given: { inbox: "/docs/other" } }));
  });

  test("takes no folder where a file is asked for, and says when there is no room", async () => {
    backend.folders.add("/docs/inbox");
    await openAgent();
    backend.drag("drop", ["/docs/inbox", "/1.docx", "/2.csv", "/3.csv"]);
    const refused = await screen.findByTestId("refused");
    expect([...refused.children].map((item) => (item as HTMLElement).dataset["why"])).toEqual(["folder", "full"]);
    expect(screen.getAllByTestId("chosen-file").map((file) => file.title)).toEqual(["/1.docx", "/2.csv"]);
    expect(backend.called("add_paths")).toEqual([]);
  });

  test("keeps what was filled in while other things are looked at", async () => {
    backend.agents.agents = [agent({ inputs: [input({ name: "office", label: words("The office"), kind: "text" })] })];
    await openAgent();
    await fireEvent.input(screen.getByLabelText("The office"), { target: { value: "Bureau" } });
    await fireEvent.click(screen.getByTestId("back"));
    await fireEvent.click(screen.getByRole("button", { name: /Contract reviewer/ }));
    expect(screen.getByLabelText<HTMLTextAreaElement>("The office").value).toBe("Bureau");
  });

  test("says why its task could not be begun", async () => {
    backend.agents.agents = [agent({ inputs: [] })];
    backend.refuses.set("begin_run", { code: "home_locked", message: "m", hint: "h" });
    await openAgent();
    await fireEvent.click(screen.getByTestId("begin"));
    expect((await screen.findByTestId("task-failed")).textContent).toContain("Another Inhouse");
  });

  test("has a file in which a change is tried, with what is wrong at its line", async () => {
    await openAgent();
    backend.problems = [{ line: 2, what: "it has no steps" }];
    await fireEvent.click(screen.getByTestId("edit-file"));
    await fireEvent.input(screen.getByTestId("file-text"), { target: { value: "a = 1\nb = 2" } });
    await fireEvent.click(screen.getByTestId("check-file"));
    expect((await screen.findByTestId("file-problem")).dataset["line"]).toBe("2");
    expect(backend.called("check_agent")).toEqual([{ toml: "a = 1\nb = 2" }]);
    expect(screen.getByTestId("file-verdict").textContent).toBe("1 problem, marked at its line");
  });

  test("is copied under a name that a folder may have", async () => {
    await openAgent();
    await fireEvent.click(screen.getByTestId("copy-agent"));
    await fireEvent.input(screen.getByTestId("copy-name"), { target: { value: "My agent" } });
    expect(screen.getByTestId("copy-yes").hasAttribute("disabled")).toBe(true);
    await fireEvent.input(screen.getByTestId("copy-name"), { target: { value: "my-agent" } });
    backend.agents.agents = [agent({ id: "my-agent", own: true, name: words("Mine") })];
    await fireEvent.click(screen.getByTestId("copy-yes"));
    await screen.findByRole("heading", { name: "Mine" });
    expect(backend.called("copy_agent")).toEqual([{ id: "contract-reviewer", name: "my-agent" }]);
  });
});

describe("a run", () => {
  test("that waits for approval goes on after a yes", async () => {
    const pending = { kind: "approval" as const, at: "report", path: "/out/list.docx", preview: "Rules" };
    await openRun({ run: run({ state: "waiting" }), pending });
    expect(screen.getByTestId("waiting-runs").textContent).toBe("1 waiting");
    await new Promise((done) => setTimeout(done, 650));
    await fireEvent.keyDown(screen.getByTestId("approval"), { key: "y" });
    await waitFor(() => expect(backend.called("carry_on_run")).toHaveLength(1));
    expect(backend.called("decide_run")).toEqual([{ run: 3, approved: true }]);
    expect(screen.queryByTestId("approval")).toBeNull();
    backend.tellRun(started, { type: "ended", state: "passed", pending: null, why: null });
    await waitFor(() => expect(runState()).toBe("passed"));
  });

  test("that asks takes one of its options", async () => {
    const pending = { kind: "answer" as const, at: "who", question: "Which office?", options: ["North", "South"] };
    await openRun({ run: run({ state: "waiting" }), pending });
    expect(screen.getByTestId("send-answer").hasAttribute("disabled")).toBe(true);
    await fireEvent.click(screen.getByLabelText("South"));
    await fireEvent.click(screen.getByTestId("send-answer"));
    await waitFor(() => expect(backend.called("carry_on_run")).toHaveLength(1));
    expect(backend.called("answer_run")).toEqual([{ run: 3, text: "South" }]);
  });

  test("that wants to move files shows where each goes, and the folder", async () => {
    const plan = agent().plan;
    plan.steps[1] = { name: "report", title: words("File them"), work: "file" };
    const pending = { kind: "approval" as const, at: "report", path: "/in", preview: "a.pdf → 2026/a.pdf" };
    await openRun({ run: run({ state: "waiting" }), plan, pending });
    expect(screen.getByTestId("approval").dataset["filing"]).toBe("true");
    expect(screen.getByTestId("approval-path").textContent).toBe("/in");
    expect(screen.getByTestId("allow").textContent?.trim()).toBe("Do it");
    await fireEvent.click(screen.getByTestId("language"));
    expect(screen.getByTestId("allow").textContent?.trim()).toBe("执行");
  });

  test("that has moved files says so, and can take it back", async () => {
    const plan = agent().plan;
    plan.steps[1] = { name: "report", title: words("File them"), work: "file" };
    const at = "report";
    const events = happened(
      { type: "previewed", at, path: "/in", preview: "a.pdf → 2026/a.pdf" },
      { type: "decided", at, approved: true },
      { type: "made_folder", at, path: "/in/2026" },
      { type: "filed", at, from: "/in/a.pdf", to: "/in/2026/a.pdf", copied: false },
    );
    await openRun({ run: run({ state: "passed" }), plan, events });
    expect(screen.getByTestId("decided").textContent).toBe("You allowed it to move or copy files in /in.");
    expect(screen.getByTestId("made-folder").textContent).toContain("/in/2026");
    expect(screen.getByTestId("filed").textContent).toMatch(/Moved\s+a\.pdf\s+→\s+2026\/a\.pdf/);
    await fireEvent.click(screen.getByTestId("undo"));
    expect(screen.getByRole("dialog").textContent).toContain("1 file goes back to where it was.");
  });

  test("that was not allowed to move files says that", async () => {
    const plan = agent().plan;
    plan.steps[1] = { name: "report", title: words("File them"), work: "file" };
    const events = happened({ type: "halted", code: "refused", at: "report", what: "w" });
    await openRun({ run: run({ state: "stopped" }), plan, events });
    expect(screen.getByTestId("halted").textContent).toContain("files were not to be moved or copied");
  });

  test("tells what a folder held in one line, and each file on demand", async () => {
    const value = (text: string) => ({ text, from: "given" as const, places: [] });
    const columns = ["file", "problem"].map((name) => ({ name, kind: "text" as const }));
    const rows = [[value("a.pdf"), value("")], [value("b.doc"), value("it can't be read")]];
    await openRun({ events: happened({ type: "listed", input: "inbox", table: { columns, rows } }) });
    expect(screen.getByTestId("listed").querySelector("summary")?.textContent).toBe(
      "Looked through a folder: 2 files, 1 of them could not be read",
    );
    expect(screen.getByTestId("listed").textContent).toContain("b.doc: it can't be read");
  });

  test("shows the place and the words of a quoted value on demand", async () => {
    await openRun({ run: run({ state: "passed" }), events: happened({ type: "step_done", step: "clauses", table: table() }) });
    const details = screen.getByTestId("open-table").closest("details") as HTMLDetailsElement;
    details.open = true;
    await fireEvent(details, new Event("toggle"));
    expect((await screen.findByTestId("table")).textContent).not.toContain("rules_row");
    expect(screen.queryByTestId("places")).toBeNull();
    await fireEvent.click(screen.getByTestId("quoted"));
    expect(screen.getByTestId("places").textContent).toMatch(/supply agreement\.docx\s+p\. 3\s+within 45 days/);
  });

  test("says in words which check failed, and why", async () => {
    const events = happened({ type: "checked", check: "quoted", passed: false, detail: "clause in row 2" });
    await openRun({ run: run({ state: "failed" }), events });
    expect(screen.getByTestId("check").textContent).toMatch(/FAILED\s+Every clause is quoted\s+clause in row 2/);
  });

  test("is taken back only after a yes, and what was left is told", async () => {
    backend.undone = [{ path: "/out/list.docx", left: "it was changed since", kept: null }];
    await openRun({ run: run({ state: "passed" }), events: happened({ type: "wrote", at: "report", path: "/out/list.docx", bytes: 9 }) });
    await fireEvent.click(screen.getByTestId("undo"));
    expect(backend.called("undo_run")).toEqual([]);
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    expect((await screen.findByTestId("undone-file")).textContent).toMatch(/Left as it is:\s+\/out\/list.docx\s+it was changed since/);
  });

  test("is judged, with a note", async () => {
    await openRun({ run: run({ state: "passed" }) });
    await fireEvent.input(screen.getByLabelText(/A note/), { target: { value: " two rows " } });
    backend.run = shownRun({ run: run({ state: "passed" }), events: happened({ type: "judged", verdict: "corrected", note: "two rows" }) });
    await fireEvent.click(screen.getByRole("button", { name: "Used after corrections" }));
    expect(backend.called("judge_run")).toEqual([{ run: 3, verdict: "corrected", note: "two rows" }]);
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "Used after corrections" }).getAttribute("aria-pressed")).toBe("true"),
    );
  });

  test("that was interrupted is carried on, and stopped", async () => {
    await openRun({ run: run({ state: "cut_short" }) });
    await fireEvent.click(screen.getByTestId("carry-on"));
    backend.tellRun(started);
    await fireEvent.click(await screen.findByTestId("stop-run"));
    expect(backend.called("stop_run")).toEqual([{ run: 3 }]);
    expect(screen.getByTestId("stop-run").textContent).toContain("Stopping");
    backend.tellRun(
      { type: "happened", events: happened({ type: "halted", code: "cancelled", at: "", what: "it was stopped" }) },
      { type: "ended", state: "stopped", pending: null, why: "it was stopped" },
    );
    await waitFor(() => expect(screen.getByTestId("halted").textContent).toContain("You stopped it."));
  });

  test("that was refused what it needs ends, and is not offered to go on", async () => {
    const events = happened({ type: "halted", code: "refused", at: "report", what: "report was not allowed to write /out/a.docx" });
    await openRun({ run: run({ state: "stopped" }), events });
    expect(screen.getByTestId("halted").textContent).toContain("a file was not to be written");
    expect(screen.queryByTestId("carry-on")).toBeNull();
  });

  test("that fails to go on says what to do", async () => {
    await openRun({ run: run({ state: "cut_short" }) });
    await fireEvent.click(screen.getByTestId("carry-on"));
    backend.tellRun(started, { type: "failed", error: { code: "model_missing", message: "no file", hint: "h" } });
    expect((await screen.findByTestId("run-error")).textContent).toContain("cargo xtask models");
    expect(screen.getByTestId("carry-on")).toBeTruthy();
  });

  test("goes on while another place is looked at", async () => {
    await openRun({ run: run({ state: "cut_short" }) });
    await fireEvent.click(screen.getByTestId("carry-on"));
    backend.tellRun(started);
    await fireEvent.keyDown(document.body, { key: "1", ctrlKey: true });
    backend.tellRun({ type: "happened", events: happened({ type: "step_begun", step: "clauses" }) });
    await fireEvent.keyDown(document.body, { key: "2", ctrlKey: true });
    expect((await screen.findAllByTestId("step"))[0]?.dataset["state"]).toBe("running");
  });
});

test("the outcomes are told by agent and model", async () => {
  backend.outcomes = [
    { agent: "contract-reviewer", model: "small", runs: 4, passed: 3, failed: 1, unfinished: 0, seconds: 95, tokens: 12000, approvals: 2, accepted: 2, corrected: 1, rejected: 0 },
  ];
  await openAgents();
  await fireEvent.click(screen.getByTestId("open-outcomes"));
  expect((await screen.findByTestId("outcomes")).textContent).toMatch(/Contract reviewer\s*small\s*4\s*3\s*1\s*0\s*95 s\s*12,000/);
});

test("every control of the agents has a name", async () => {
  const pending = { kind: "approval" as const, at: "report", path: "/out/list.docx", preview: "Rules" };
  await openRun({ run: run({ state: "waiting" }), pending });
  const named = () => {
    for (const control of document.querySelectorAll<HTMLElement>("button, input, textarea, [role=group], [role=region]")) {
      const labels = (control as HTMLInputElement).labels?.length ? (control as HTMLInputElement).labels?.[0]?.textContent : null;
      const by = control.getAttribute("aria-labelledby");
      const name =
        control.getAttribute("aria-label") ?? (by ? document.getElementById(by)?.textContent : null) ?? labels ?? control.textContent;
      expect(name?.trim(), control.outerHTML).toBeTruthy();
    }
  };
  named();
  await fireEvent.click(screen.getByTestId("same-again"));
  named();
});

// The whole window against a stand-in for Rust.
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Backend } from "../../test/backend";
import { agent, ahead, answer, citation, collection, passage, sentence, source, status, turn, words } from "../../test/fixtures";
import { announcer } from "../shared/announcer.svelte";
import { notices } from "../shared/notices.svelte";
import Desk from "./Desk.svelte";

let backend: Backend;

beforeEach(() => {
  backend = new Backend().install();
  backend.sources = [source()];
  backend.pages.set(3, "𠮷: A night may cost 140 EUR in Germany.");
  notices.list = [];
});

async function open() {
  render(Desk);
  await waitFor(() => expect(document.documentElement.dataset["ready"]).toBe("true"));
}

const question = () => screen.getByTestId<HTMLTextAreaElement>("question");
const enter = (init: KeyboardEventInit = {}) => fireEvent.keyDown(question(), { key: "Enter", ...init });

async function ask(text: string) {
  await fireEvent.input(question(), { target: { value: text } });
  await enter();
  await waitFor(() => expect(backend.called("ask").length).toBeGreaterThan(0));
}

describe("the first moment", () => {
  test("without documents says what to do and that nothing leaves the machine", async () => {
    backend.sources = [];
    await open();
    expect(screen.getByTestId("welcome").textContent).toContain("Nothing is sent anywhere");
    expect(screen.getAllByTestId("add-files")).toHaveLength(1);
  });

  test("with documents gives hints, and the question has the focus", async () => {
    await open();
    expect(screen.getByTestId("hints")).toBeTruthy();
    expect(document.activeElement).toBe(question());
  });

  test("comes back to the chat, the draft and the marked page", async () => {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn()];
    backend.view = { chat: 4, draft: "and meals", reader: { source: 1, page: 3, start: 3, end: 10 } };
    await open();
    expect(question().value).toBe("and meals");
    expect(screen.getByTestId("answer").dataset["state"]).toBe("done");
    expect((await screen.findByTestId("reader-mark")).textContent).toBe("A night");
  });

  test("beside another window on the same folder says so, and leaves that one's view alone", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    backend.status = status({ locked: { code: "home_locked", message: "m", hint: "h" } });
    await open();
    expect((await screen.findByTestId("notice")).dataset["code"]).toBe("home_locked");
    await fireEvent.input(question(), { target: { value: "a draft" } });
    vi.advanceTimersByTime(1000);
    expect(backend.called("save_view")).toEqual([]);

    backend.sources = [source({ id: 2, name: "b.pdf" }), source({ id: 3, name: "c.pdf" })];
    backend.tell({ type: "status_changed", status: status() });
    await waitFor(() => expect(screen.queryByTestId("notice")).toBeNull());
    await waitFor(() => {
      const names = screen.getAllByTestId("source-item").map((item) => item.dataset["name"]);
      expect(names).toEqual(["c.pdf", "b.pdf"]);
    });
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await waitFor(() => expect(backend.called("save_view")).toHaveLength(1));
  });

  test("forgets a place whose document or chat is gone", async () => {
    backend.view = { chat: 99, draft: "", reader: { source: 99, page: 1, start: 0, end: 0 } };
    await open();
    expect(screen.queryByTestId("reader")).toBeNull();
    expect(screen.queryByTestId("notice")).toBeNull();
  });
});

describe("a question", () => {
  test("is answered: evidence first, then text, then sentences with citations", async () => {
    await open();
    await ask("  What may a night cost? ");
    expect(backend.called("ask")[0]).toMatchObject({ question: "What may a night cost?", chat: null });
    expect(question().value).toBe("");

    backend.answer({ type: "started", run: 7, chat: 4 }, { type: "evidence", passages: [passage()] });
    backend.answer({ type: "reading", done: 420, total: 700 });
    expect((await screen.findByTestId("evidence-item")).textContent).toContain("A night may cost 140 EUR.");
    await waitFor(() => expect(screen.getByTestId("answer").textContent).toContain("Reading 420 of 700 tokens"));

    backend.answer({ type: "text", text: "A night <b>costs</b>" });
    await waitFor(() => expect(screen.getByTestId("answer").textContent).toContain("A night <b>costs</b>"));
    expect(screen.getByTestId("answer").dataset["state"]).toBe("streaming");

    backend.answer({ type: "done", answer: answer() });
    await waitFor(() => expect(screen.getByTestId("answer").dataset["state"]).toBe("done"));
    const supported = screen.getAllByTestId("sentence").map((sentence) => sentence.dataset["supported"]);
    expect(supported).toEqual(["true", "false"]);
    expect(screen.getByTestId("unsupported").textContent).toBe("not supported by your documents");
    expect(screen.getByTestId("timing").textContent).toBe("first words after 9.8 s, 14 s in all");
    expect(screen.getByTestId("citation").dataset).toMatchObject({ page: "3", source: "1" });
  });

  test("in the same chat goes to it", async () => {
    await open();
    await ask("One?");
    backend.answer({ type: "started", run: 7, chat: 4 }, { type: "done", answer: answer() });
    await screen.findByTestId("send");
    await ask("Two?");
    await waitFor(() => expect(backend.called("ask")[1]).toMatchObject({ question: "Two?", chat: 4 }));
    await fireEvent.click(screen.getByTestId("new-chat"));
    expect(screen.queryAllByTestId("turn")).toHaveLength(0);
  });

  test("waits while an input method composes, and on Shift+Enter", async () => {
    await open();
    await fireEvent.input(question(), { target: { value: "nihao" } });
    await enter({ isComposing: true });
    await enter({ keyCode: 229 });
    await enter({ shiftKey: true });
    expect(backend.called("ask")).toEqual([]);
    await fireEvent.input(question(), { target: { value: "  \n" } });
    await enter();
    expect(backend.called("ask")).toEqual([]);
  });

  test("is stopped by Esc, also before the run has a number", async () => {
    await open();
    await ask("One?");
    await fireEvent.keyDown(question(), { key: "Escape" });
    expect(backend.called("stop_answer")).toEqual([]);
    backend.answer({ type: "started", run: 7, chat: 4 });
    await waitFor(() => expect(backend.called("stop_answer")).toEqual([{ run: 7 }]));
    backend.answer({ type: "done", answer: answer({ stopped: true, text: "", sentences: [] }) });
    await waitFor(() => expect(screen.getByTestId("answer").dataset["state"]).toBe("stopped"));
    expect(screen.getByTestId("answer").textContent).toContain("before its first words");
  });

  test("that Rust refuses ends as a failed answer with what to do", async () => {
    backend.refuses.set("ask", { code: "model_missing", message: "no file x.gguf", hint: "fetch it" });
    await open();
    await ask("One?");
    await waitFor(() => expect(screen.getByTestId("answer").dataset["state"]).toBe("failed"));
    expect(screen.getByTestId("answer").textContent).toContain("cargo xtask models");
    expect(screen.getByTestId("answer").textContent).toContain("no file x.gguf");
    expect(screen.getByTestId("send")).toBeTruthy();
  });

  test("that is not in the documents looks different from an answer", async () => {
    await open();
    await ask("One?");
    backend.answer({ type: "done", answer: answer({ declined: true, text: "Not there.", sentences: [] }) });
    await waitFor(() => expect(screen.getByTestId("answer").dataset["state"]).toBe("declined"));
    expect(screen.queryAllByTestId("sentence")).toHaveLength(0);
    expect(screen.getByTestId("answer").textContent).toContain("Not there.");
  });

  test("goes on in its chat while another is shown", async () => {
    backend.chats = [{ id: 5, title: "Other", updatedAt: 0 }];
    await open();
    await ask("One?");
    backend.answer({ type: "started", run: 7, chat: 4 }, { type: "text", text: "A" });
    await fireEvent.click(await screen.findByRole("button", { name: /Open the chat “Other”/ }));
    await screen.findByText(/being written in another chat/);
    backend.answer({ type: "text", text: "B" });
    await fireEvent.click(screen.getByRole("button", { name: "Go there" }));
    await waitFor(() => expect(screen.getByTestId("answer").textContent).toContain("AB"));
  });
});

describe("an agent that is asked", () => {
  const reconciler = agent({ id: "reconciler", name: words("Reconciler", "对账") });
  const picker = () => screen.getByTestId<HTMLSelectElement>("ask-agent");

  beforeEach(() => {
    backend.agents = { agents: [reconciler, agent()], broken: [] };
  });

  test("is chosen beside the question, and its name stands there", async () => {
    await open();
    expect([...picker().options].map(({ text }) => text)).toEqual(["Inhouse (no agent)", "Contract reviewer", "Reconciler"]);
    expect(screen.queryByTestId("hand-over")).toBeNull();
    await fireEvent.change(picker(), { target: { value: "reconciler" } });
    await ask("One?");
    expect(backend.called("ask")[0]).toMatchObject({ question: "One?", chat: null, agent: "reconciler" });
    expect(screen.getByTestId("turn-agent").textContent).toBe("Asked: Reconciler");
    await fireEvent.click(screen.getByTestId("language"));
    expect(screen.getByTestId("turn-agent").textContent).toBe("提问对象：对账");
    expect([...picker().options].map(({ text }) => text)).toEqual(["Inhouse（不使用智能体）", "对账", "合同审查"]);
    await fireEvent.click(screen.getByTestId("language"));
  });

  test("is the one of the last turn when a chat is opened, and none in a new one", async () => {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn(), turn({ run: 8, agent: "reconciler" })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
    expect(picker().value).toBe("reconciler");
    expect(screen.getAllByTestId("turn-agent")).toHaveLength(1);
    await fireEvent.click(screen.getByTestId("new-chat"));
    expect(picker().value).toBe("");
    await ask("One?");
    expect(backend.called("ask")[0]).toMatchObject({ agent: null });
  });

  test("that is gone is named by what is left of it, and not asked any more", async () => {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn({ agent: "gone" })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
    expect(screen.getByTestId("turn-agent").textContent).toBe("Asked: gone");
    expect(picker().value).toBe("");
    await ask("One?");
    expect(backend.called("ask")[0]).toMatchObject({ agent: null });
  });

  test("is asked again, also when another is chosen meanwhile", async () => {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn({ agent: "reconciler", answer: null })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
    await fireEvent.change(picker(), { target: { value: "" } });
    await fireEvent.click(screen.getByTestId("again"));
    await waitFor(() => expect(backend.called("ask")[0]).toMatchObject({ agent: "reconciler" }));
  });
});

describe("a question while a collection is chosen", () => {
  const chooseAll = () => fireEvent.click(screen.getByTestId("all-documents"));
  const choose = (name: string) => fireEvent.click(screen.getByRole("button", { name: new RegExp(`^${name}`) }));
  const nothing = answer({ declined: true, text: "This is not in “Policies”.", sentences: [], passages: [] });

  beforeEach(() => {
    backend.collections = [collection()];
  });

  async function keptIn(within: string, change: Parameters<typeof turn>[0] = {}) {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn({ within, ...change })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
  }

  test("is asked in it, which is seen, heard and said at the question", async () => {
    await open();
    expect(screen.queryByTestId("ask-within")).toBeNull();
    expect(announcer.text).not.toContain("Questions are asked");
    await choose("Policies");
    expect(screen.getByTestId("ask-within").textContent).toContain("in Policies");
    expect(question().placeholder).toBe("Ask in Policies…");
    const described = question().getAttribute("aria-describedby") as string;
    expect(document.getElementById(described.split(" ")[0] as string)?.textContent).toBe("in Policies");
    await waitFor(() => expect(announcer.text).toBe("Questions are asked in “Policies”."));
    await ask("One?");
    expect(backend.called("ask")[0]).toMatchObject({ question: "One?", agent: null, within: "Policies" });
    expect(screen.getByTestId("turn-within").textContent).toBe("in Policies");
    expect(screen.getByTestId("answer").textContent).toContain("Searching in “Policies”");
    await fireEvent.click(screen.getByTestId("language"));
    expect(question().placeholder).toBe("在“Policies”中提问……");
    expect(screen.getByTestId("turn-within").textContent).toBe("范围：Policies");
    await fireEvent.click(screen.getByTestId("language"));
  });

  test("is asked in all documents again once that is left, here or in the list", async () => {
    await open();
    await choose("Policies");
    const leave = screen.getByRole("button", { name: "Ask in all documents, not only in “Policies”" });
    expect(leave.tabIndex).toBe(0);
    await fireEvent.click(leave);
    expect(screen.queryByTestId("ask-within")).toBeNull();
    expect(screen.getByTestId("all-documents").getAttribute("aria-current")).toBe("true");
    expect(document.activeElement).toBe(question());
    await waitFor(() => expect(announcer.text).toBe("Questions are asked in all documents."));
    await choose("Policies");
    await chooseAll();
    expect(screen.queryByTestId("ask-within")).toBeNull();
    await ask("One?");
    expect(backend.called("ask")[0]).toMatchObject({ within: null });
    expect(screen.queryByTestId("turn-within")).toBeNull();
  });

  test("is asked in all documents at a click when it is not in the collection", async () => {
    await open();
    await choose("Policies");
    await ask("One?");
    backend.answer({ type: "started", run: 7, chat: 4 }, { type: "done", answer: nothing });
    const offer = await screen.findByTestId("ask-in-all");
    expect(screen.getByTestId("answer").textContent).toContain("This is not in “Policies”.");
    await fireEvent.click(offer);
    await waitFor(() => expect(backend.called("ask")[1]).toMatchObject({ question: "One?", chat: 4, within: null }));
    expect(screen.getAllByTestId("turn-within")).toHaveLength(1);
    // While that is under way, it can't be asked once more.
    expect(screen.getByTestId<HTMLButtonElement>("ask-in-all").disabled).toBe(true);
    expect(document.activeElement).toBe(question());
    backend.answer({ type: "done", answer: answer({ ...nothing, text: "This is not in your documents." }) });
    const states = () => screen.getAllByTestId("answer").map(({ dataset }) => dataset["state"]);
    await waitFor(() => expect(states()).toEqual(["declined", "declined"]));
    expect(screen.getAllByTestId("ask-in-all")).toHaveLength(1);
    // What was chosen stays chosen.
    expect(screen.getByTestId("ask-within")).toBeTruthy();
  });

  test("is not offered to be asked in all when it was answered", async () => {
    await keptIn("Policies");
    expect(screen.getByTestId("turn-within").textContent).toBe("in Policies");
    expect(screen.queryByTestId("ask-in-all")).toBeNull();
  });

  test("is asked again in the same one, whatever is chosen by now", async () => {
    await keptIn("Policies", { answer: null });
    await fireEvent.click(screen.getByTestId("again"));
    await waitFor(() => expect(backend.called("ask")[0]).toMatchObject({ within: "Policies" }));
  });

  test("says when that one was taken away, and offers all documents", async () => {
    const error = { code: "not_found", message: "there is no collection Tenders", hint: "" };
    await keptIn("Tenders", { answer: null, error });
    expect(screen.getByTestId("turn-within").textContent).toBe("in Tenders");
    expect(screen.getByTestId("collection-gone").textContent).toBe("The collection “Tenders” is not there any more.");
    await fireEvent.click(screen.getByTestId("again"));
    backend.answer({ type: "failed", error });
    await waitFor(() => expect(announcer.text).toContain("The collection “Tenders” is not there any more."));
    await fireEvent.click(screen.getAllByTestId("ask-in-all")[1] as HTMLElement);
    expect(backend.called("ask").map(({ within }) => within)).toEqual(["Tenders", null]);
  });

  test("goes to all documents when the collection is taken away", async () => {
    await open();
    await choose("Policies");
    backend.collections = [];
    backend.tell({ type: "sources_changed", sources: [source({ id: 2 })], removed: [] });
    await waitFor(() => expect(screen.queryByTestId("ask-within")).toBeNull());
    await ask("One?");
    expect(backend.called("ask")[0]).toMatchObject({ within: null });
  });

  test("is no part of a task that is handed over", async () => {
    backend.agents = { agents: [agent()], broken: [] };
    await open();
    await choose("Policies");
    await fireEvent.change(screen.getByTestId("ask-agent"), { target: { value: agent().id } });
    await fireEvent.click(screen.getByTestId("hand-over"));
    expect((await screen.findByTestId("handing")).textContent).not.toContain("Policies");
  });
});

describe("an answer", () => {
  async function shown(change: Parameters<typeof answer>[0]) {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn({ answer: answer(change) })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
  }

  test("that was computed shows the calculation, once", async () => {
    await shown({ text: "(80 + 120) * 3 = 600", sentences: [], calculation: "(80 + 120) * 3 = 600" });
    expect(screen.getByTestId("calculation").textContent?.trim()).toBe("Computed: (80 + 120) × 3 = 600");
    expect(screen.getByTestId("answer").textContent).not.toContain("*");
  });

  test("with a calculation beside its sentences shows both", async () => {
    await shown({ calculation: "2 * 3 = 6" });
    expect(screen.getAllByTestId("sentence")).toHaveLength(2);
    expect(screen.getByTestId("calculation")).toBeTruthy();
  });

  test("that another source speaks against says so, and opens that source", async () => {
    const other = citation({ page: 5, start: 0, end: 3, quote: "at most 120 EUR" });
    backend.pages.set(5, "at most 120 EUR");
    await shown({ sentences: [sentence({ text: "140 EUR.", citations: [citation()], conflicts: [other] }), sentence({ text: "B." })] });
    const conflict = screen.getByTestId("conflict");
    expect(conflict.textContent).toContain("Another source says otherwise");
    expect(conflict.textContent).toContain("at most 120 EUR");
    const cited = conflict.querySelector<HTMLElement>("[data-testid=citation]") as HTMLElement;
    expect(cited.textContent).toContain("travel-policy.pdf");
    await fireEvent.click(cited);
    await waitFor(() => expect(screen.getByTestId("reader-page").dataset["page"]).toBe("5"));
  });
});

describe("the reader", () => {
  async function openCitation() {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    const cited = answer();
    cited.sentences[0]?.citations.splice(0, 1, citation({ start: 11, end: 27 }));
    backend.turns = [turn({ answer: cited })];
    backend.view = { chat: 4, draft: "", reader: null };
    await open();
    screen.getByTestId("citation").focus();
    await fireEvent.click(screen.getByTestId("citation"));
  }

  test("opens at the quoted words, counted in code points", async () => {
    await openCitation();
    expect((await screen.findByTestId("reader-mark")).textContent).toBe("may cost 140 EUR");
    expect(screen.getByTestId("reader-text").textContent).toBe(backend.pages.get(3));
    expect(screen.getByTestId("reader-page").textContent).toBe("Page 3 of 6");
  });

  test("turns pages, says when one is empty, and finds back to the quote", async () => {
    await openCitation();
    await fireEvent.click(await screen.findByTestId("reader-next"));
    await screen.findByTestId("reader-empty");
    await fireEvent.click(screen.getByRole("button", { name: "Back to the quote" }));
    await screen.findByTestId("reader-mark");
    await fireEvent.keyDown(screen.getByTestId("reader"), { key: "ArrowLeft" });
    await waitFor(() => expect(screen.getByTestId("reader-page").textContent).toBe("Page 2 of 6"));
  });

  test("closes on Esc and gives the focus back", async () => {
    await openCitation();
    await screen.findByTestId("reader-mark");
    await waitFor(() => expect(document.activeElement?.closest("#pane-reader")).toBeTruthy());
    await fireEvent.keyDown(document.activeElement as Element, { key: "Escape" });
    expect(screen.queryByTestId("reader")).toBeNull();
    expect(document.activeElement).toBe(screen.getByTestId("citation"));
  });

  test("closes when its document is removed", async () => {
    await openCitation();
    await screen.findByTestId("reader-mark");
    backend.tell({ type: "sources_changed", sources: [], removed: [1] });
    await waitFor(() => expect(screen.queryByTestId("reader")).toBeNull());
  });

  test("says when a cited document is no longer in memory", async () => {
    await openCitation();
    backend.sources = [];
    await fireEvent.click(screen.getByTestId("citation"));
    await screen.findByText("This page can't be shown");
  });
});

describe("files", () => {
  test("that hang over the window are welcomed, and added when they fall", async () => {
    await open();
    backend.drag("enter", ["/docs"]);
    await screen.findByTestId("drop-overlay");
    backend.drag("drop", ["/docs", "/a b.pdf"]);
    await waitFor(() => expect(screen.queryByTestId("drop-overlay")).toBeNull());
    expect(backend.called("add_paths")).toEqual([{ paths: ["/docs", "/a b.pdf"] }]);
    expect((await screen.findByTestId("add-report")).textContent).toContain("2 files added.");
  });

  test("are put into the collection to which the list is narrowed", async () => {
    backend.collections = [collection({ sources: [], own: [] })];
    await open();
    await fireEvent.click(await screen.findByRole("button", { name: /^Policies/ }));
    backend.drag("enter", ["/docs"]);
    expect((await screen.findByTestId("drop-overlay")).textContent).toContain("Drop to add to “Policies”");
    backend.drag("drop", ["/docs", "/a.pdf"]);
    await waitFor(() => expect(backend.called("put_paths")).toEqual([{ name: "Policies", paths: ["/docs", "/a.pdf"] }]));
    expect(backend.called("add_paths")).toEqual([{ paths: ["/docs", "/a.pdf"] }]);
    expect(screen.getByTestId("add-report").textContent).toContain("Put into “Policies”.");
    // A document that has come belongs to the folder, which only Rust knows.
    backend.collections = [collection({ sources: [1, 2], own: [] })];
    backend.tell({ type: "sources_changed", sources: [source({ id: 2, name: "new.pdf" })], removed: [] });
    await waitFor(() => expect(screen.getAllByTestId("source-item")).toHaveLength(2));
  });

  test("are picked by Ctrl+O; a cancelled dialog adds nothing", async () => {
    await open();
    await fireEvent.keyDown(document.body, { key: "o", ctrlKey: true });
    await waitFor(() => expect(backend.called("plugin:dialog|open")).toHaveLength(1));
    expect(backend.called("add_paths")).toEqual([]);
    backend.picked = ["/x.pdf"];
    await fireEvent.click(screen.getByTestId("add-folder"));
    await waitFor(() => expect(backend.called("add_paths")).toEqual([{ paths: ["/x.pdf"] }]));
  });

  test("that can't be added leave a notice that can be put away", async () => {
    backend.refuses.set("add_paths", { code: "disk_full", message: "no space", hint: "h" });
    await open();
    backend.drag("drop", ["/x.pdf"]);
    expect((await screen.findByTestId("notice")).textContent).toContain("The disk is full.");
    await fireEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.queryByTestId("notice")).toBeNull();
  });
});

describe("the window", () => {
  test("shows what is computed ahead, whoever began it", async () => {
    backend.ahead = ahead({ running: true, done: 3, all: 9 });
    await open();
    expect((await screen.findByTestId("ahead")).dataset["done"]).toBe("3");
    backend.tell({ type: "ahead_changed", ahead: ahead({ running: true, done: 4, all: 9 }) });
    await waitFor(() => expect(screen.getByTestId("ahead").dataset["done"]).toBe("4"));
    backend.tell({ type: "ahead_changed", ahead: ahead({ done: 9, all: 9 }) });
    await waitFor(() => expect(screen.queryByTestId("ahead")).toBeNull());
  });

  test("speaks the other language at a click and remembers it", async () => {
    await open();
    await fireEvent.click(screen.getByTestId("language"));
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(screen.getByTestId("add-files").textContent).toContain("添加文件");
    expect(localStorage.getItem("inhouse.language")).toBe("zh");
    await fireEvent.click(screen.getByTestId("language"));
    expect(document.documentElement.lang).toBe("en");
  });

  test("keeps the view once it has rested", async () => {
    await open();
    vi.useFakeTimers();
    try {
      for (const value of ["H", "Ho", "How"]) await fireEvent.input(question(), { target: { value } });
      await vi.advanceTimersByTimeAsync(299);
      expect(backend.called("save_view")).toEqual([]);
      await vi.advanceTimersByTimeAsync(2);
      expect(backend.called("save_view")).toEqual([{ view: { chat: null, draft: "How", reader: null } }]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("gives every control a name", async () => {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    backend.turns = [turn()];
    backend.view = { chat: 4, draft: "", reader: { source: 1, page: 3, start: 0, end: 2 } };
    await open();
    for (const control of document.querySelectorAll("button, input, textarea, [role=progressbar]")) {
      const name = control.getAttribute("aria-label") ?? control.textContent;
      expect(name?.trim(), control.outerHTML).toBeTruthy();
    }
  });

  test("says what is wrong with a model and what to do", async () => {
    await open();
    const missing = { id: "m", name: "M", state: "missing" as const, error: { code: "model_missing", message: "m", hint: "h" } };
    backend.tell({
      type: "status_changed",
      status: { version: "0.1.0", locked: null, chat: missing, embedding: { ...missing, state: "loaded", error: null } },
    });
    expect((await screen.findByTestId("model-banner")).textContent).toContain("inhouse models import FILE");
  });

  test("deletes a chat only after a yes", async () => {
    backend.chats = [{ id: 4, title: "Hotels?", updatedAt: 0 }];
    await open();
    await fireEvent.click(screen.getByTestId("delete-chat"));
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    await waitFor(() => expect(screen.queryAllByTestId("chat-item")).toHaveLength(0));
    expect(backend.called("delete_chat")).toEqual([{ id: 4 }]);
  });
});

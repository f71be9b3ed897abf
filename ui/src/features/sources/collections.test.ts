import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Backend } from "../../../test/backend";
import { ahead, collection, source } from "../../../test/fixtures";
import { bytes } from "../../i18n/messages.svelte";
import { announcer } from "../../shared/announcer.svelte";
import { notices } from "../../shared/notices.svelte";
import { Collections, fits, lostWith } from "./collections.svelte";
import SourcePanel from "./SourcePanel.svelte";
import { Sources } from "./sources.svelte";

let backend: Backend;
let collections: Collections;
let readers: string[];

beforeEach(() => {
  backend = new Backend().install();
  notices.list = [];
  readers = [];
});

const documents = [source(), source({ id: 2, name: "price-list.md", path: "/docs/price-list.md" })];

async function show() {
  const sources = new Sources();
  sources.take(documents, []);
  collections = new Collections();
  await collections.load();
  const handlers = { onopen: vi.fn(), onaddfiles: vi.fn(), onaddfolder: vi.fn() };
  render(SourcePanel, { sources, collections, readersOf: () => readers, shown: null, ...handlers });
}

const names = () => screen.queryAllByTestId("source-item").map((item) => item.dataset["name"]);
const row = (name: string) => within(entry(name)).getByRole("button", { name: new RegExp(`^${name}`) });
const entry = (name: string) =>
  screen.getAllByTestId("collection").find((item) => item.dataset["collection"] === name) as HTMLElement;
const choose = (name: string) => fireEvent.click(row(name));

describe("a collection", () => {
  test("is made by its name, chosen at once, and says that it is empty", async () => {
    await show();
    expect(screen.queryByTestId("all-documents")).toBeNull();
    await fireEvent.click(screen.getByTestId("new-collection"));
    const field = screen.getByTestId<HTMLInputElement>("collection-name");
    expect(document.activeElement).toBe(field);
    await fireEvent.input(field, { target: { value: " Tenders " } });
    backend.collections = [collection({ name: "Tenders", sources: [], own: [] })];
    await fireEvent.submit(field.form as HTMLFormElement);
    await waitFor(() => expect(row("Tenders").getAttribute("aria-current")).toBe("true"));
    expect(backend.called("make_collection")).toEqual([{ name: "Tenders" }]);
    expect(screen.getByTestId("collection-empty").textContent).toContain("“Tenders” is empty.");
    expect(names()).toEqual([]);
    await waitFor(() => expect(document.activeElement).toBe(row("Tenders")));
  });

  test("of a name that is taken is not made, and Esc makes none", async () => {
    backend.collections = [collection()];
    await show();
    await fireEvent.click(screen.getByTestId("new-collection"));
    const field = screen.getByTestId<HTMLInputElement>("collection-name");
    await fireEvent.input(field, { target: { value: "Policies " } });
    expect(screen.getByText("There is a collection of this name already.")).toBeTruthy();
    await fireEvent.submit(field.form as HTMLFormElement);
    expect(backend.called("make_collection")).toEqual([]);
    await fireEvent.keyDown(field, { key: "Escape" });
    expect(screen.queryByTestId("collection-name")).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("new-collection")));
  });

  test("narrows the list to its documents, and all come back", async () => {
    backend.collections = [collection({ sources: [2] })];
    await show();
    expect(names()).toHaveLength(2);
    await choose("Policies");
    expect(names()).toEqual(["price-list.md"]);
    await fireEvent.click(screen.getByTestId("all-documents"));
    expect(names()).toHaveLength(2);
  });

  test("that was taken away shows all again", async () => {
    backend.collections = [collection({ sources: [2] })];
    await show();
    await choose("Policies");
    backend.collections = [];
    await collections.refresh();
    await waitFor(() => expect(names()).toHaveLength(2));
  });

  test("is left by a document that was put in by itself, not by one of its folder", async () => {
    backend.collections = [collection({ sources: [1, 2], own: [2], places: [{ path: "/docs/rules", name: "rules" }] })];
    await show();
    await choose("Policies");
    expect(screen.getAllByTestId("take-out")).toHaveLength(1);
    await fireEvent.click(screen.getByRole("button", { name: "Take price-list.md out of “Policies”" }));
    expect(backend.called("take_source_out")).toEqual([{ name: "Policies", id: 2 }]);
    await fireEvent.click(screen.getByRole("button", { name: "Take rules out" }));
    expect(backend.called("take_path_out")).toEqual([{ name: "Policies", path: "/docs/rules" }]);
  });

  test("is one stop for the Tab key, and the arrow keys move", async () => {
    backend.collections = [collection({ name: "Contracts" }), collection()];
    await show();
    const all = screen.getByTestId("all-documents");
    all.focus();
    await fireEvent.keyDown(all, { key: "ArrowDown" });
    expect(document.activeElement).toBe(row("Contracts"));
    expect([all, row("Contracts"), row("Policies")].map((button) => button.tabIndex)).toEqual([0, -1, -1]);
  });

  test("goes at once when nothing is lost with it", async () => {
    backend.collections = [collection({ sources: [], own: [] })];
    await show();
    await fireEvent.click(screen.getByTestId("remove-collection"));
    await waitFor(() => expect(backend.called("take_path_out")).toEqual([{ name: "Policies", path: null }]));
  });

  test("goes only after a yes when something is, which is said", async () => {
    backend.collections = [collection()];
    readers = ["Our reviewer"];
    await show();
    row("Policies").focus();
    await fireEvent.keyDown(row("Policies"), { key: "Delete" });
    const asked = (await screen.findByRole("dialog")).textContent;
    expect(asked).toContain("Its 1 document stays in Inhouse");
    expect(asked).toContain("Our reviewer");
    await fireEvent.click(screen.getByTestId("confirm-no"));
    expect(backend.called("take_path_out")).toEqual([]);
  });
});

test("a document is put into collections and taken out of them beside its row", async () => {
  backend.collections = [
    collection({ name: "Contracts", sources: [2] }),
    collection({ sources: [1], own: [1] }),
    collection({ name: "Rules", sources: [1], own: [], places: [{ path: "/docs", name: "docs" }] }),
  ];
  await show();
  await fireEvent.click(screen.getByRole("button", { name: "Collections of travel-policy.pdf" }));
  const box = (name: string) =>
    screen.getAllByTestId<HTMLInputElement>("in-collection").find((box) => box.dataset["collection"] === name) as HTMLInputElement;
  expect(["Contracts", "Policies", "Rules"].map((name) => [box(name).checked, box(name).disabled])).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
  await fireEvent.click(box("Contracts"));
  await fireEvent.click(box("Policies"));
  expect(backend.called("put_source")).toEqual([{ name: "Contracts", id: 1 }]);
  expect(backend.called("take_source_out")).toEqual([{ name: "Policies", id: 1 }]);
  // Nothing has changed yet, and so it is shown.
  expect([box("Contracts").checked, box("Policies").checked]).toEqual([false, true]);
  backend.collections = [collection({ name: "Contracts", sources: [1, 2], own: [1, 2] })];
  await collections.refresh();
  await waitFor(() => expect(box("Contracts").checked).toBe(true));
  const field = screen.getByTestId<HTMLInputElement>("collection-name");
  await fireEvent.input(field, { target: { value: "Journeys" } });
  await fireEvent.submit(field.form as HTMLFormElement);
  expect(backend.called("put_source")[1]).toEqual({ name: "Journeys", id: 1 });
});

describe("pinning", () => {
  const card = () => screen.getByTestId("collection-card");

  async function pinned(change: Partial<Backend> = {}) {
    Object.assign(backend, { collections: [collection({ pinned: true })], ...change });
    await show();
    await choose("Policies");
    await waitFor(() => expect(card().textContent).not.toContain("Looking"));
  }

  test("says first what it takes, and is done after a yes", async () => {
    backend.collections = [collection()];
    backend.cost = { passages: 60, bytes: 120 << 20, used: 30 << 20, limit: 2 ** 32 };
    await show();
    await choose("Policies");
    await fireEvent.click(screen.getByTestId("pin"));
    expect((await screen.findByTestId("pin-cost")).textContent).toBe("60 passages, about 120 MB of disk");
    expect(screen.getByTestId("pin-offer").textContent).toContain("take 30 MB now, and may take 4 GB.");
    expect(screen.queryByTestId("pin-too-large")).toBeNull();
    expect(backend.called("set_pinned")).toEqual([]);
    await fireEvent.click(screen.getByTestId("pin-yes"));
    expect(backend.called("set_pinned")).toEqual([{ name: "Policies", pinned: true }]);
  });

  test("says when there is room for a part only, and why it can't be told", async () => {
    backend.collections = [collection()];
    backend.cost = { passages: 9000, bytes: 2 ** 34, used: 0, limit: 2 ** 32 };
    await show();
    await choose("Policies");
    await fireEvent.click(screen.getByTestId("pin"));
    expect(await screen.findByTestId("pin-too-large")).toBeTruthy();
    await fireEvent.click(screen.getByTestId("pin-no"));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("pin")));
    backend.refuses.set("cost_of_pinning", { code: "model_missing", message: "m", hint: "h" });
    await fireEvent.click(screen.getByTestId("pin"));
    expect((await screen.findByTestId("pin-failed")).textContent).toContain("The model file is not on this machine.");
    expect(screen.getByTestId<HTMLButtonElement>("pin-yes").disabled).toBe(true);
  });

  test("is never shown as computed before it is", async () => {
    await pinned({ computed: { sources: 3, complete: 0, bytes: 0 } });
    expect(card().textContent).toContain("Nothing is computed yet.");
    expect(card().dataset["complete"]).toBe("false");
    backend.computed = { sources: 3, complete: 2, bytes: 80 << 20 };
    await collections.refresh();
    await waitFor(() => expect(card().textContent).toContain("2 of 3 documents computed, 80 MB on disk."));
    backend.computed = { sources: 3, complete: 3, bytes: 120 << 20 };
    await collections.refresh();
    await waitFor(() => expect(card().dataset["complete"]).toBe("true"));
    expect(card().textContent).toContain("All computed, 120 MB on disk.");
    expect(screen.queryByTestId("compute")).toBeNull();
    backend.computed = { sources: 0, complete: 0, bytes: 0 };
    await collections.refresh();
    await waitFor(() => expect(card().textContent).toContain("None of its documents is ready yet."));
    expect(card().dataset["complete"]).toBe("false");
  });

  test("computes when it is told to, shows how far it is, and can be stopped", async () => {
    await pinned();
    await fireEvent.click(screen.getByTestId("compute"));
    expect(backend.called("compute_ahead")).toHaveLength(1);
    collections.takeAhead(ahead({ running: true }));
    await waitFor(() => expect(screen.getByTestId("ahead").textContent).toContain("Beginning"));
    collections.takeAhead(ahead({ running: true, done: 12, all: 60, bytes: 23 << 20 }));
    await waitFor(() => expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("12"));
    expect(screen.getByTestId("ahead").textContent).toContain("12 of 60 done, 23 MB on disk");
    expect(screen.queryByTestId("compute")).toBeNull();
    await fireEvent.click(screen.getByTestId("stop-computing"));
    expect(backend.called("stop_computing")).toHaveLength(1);
    collections.takeAhead(ahead({ done: 12, all: 60, bytes: 23 << 20 }));
    await waitFor(() => expect(screen.queryByTestId("ahead")).toBeNull());
    expect(announcer.text).toContain("Computing has ended: 12 of 60 done");
  });

  test("says that there is no room, and that this machine computes only when told to", async () => {
    await pinned({ ahead: ahead({ byItself: false }) });
    expect(card().textContent).toContain("It goes on when you say so.");
    collections.takeAhead(ahead({ full: true }));
    await waitFor(() => expect(card().textContent).toContain("There is no room for the rest."));
  });

  test("is taken back after a yes that says what is deleted", async () => {
    await pinned({ computed: { sources: 1, complete: 0, bytes: 0 } });
    // More was computed since it was looked at.
    backend.computed = { sources: 1, complete: 0, bytes: 50 << 20 };
    await fireEvent.click(screen.getByTestId("unpin"));
    expect((await screen.findByRole("dialog")).textContent).toContain("(50 MB) is deleted");
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    await waitFor(() => expect(backend.called("set_pinned")).toEqual([{ name: "Policies", pinned: false }]));
    await waitFor(() => expect(announcer.text).toContain("what was computed ahead of it is deleted"));
  });
});

test("what is asked for while the collections are read is read once more", async () => {
  const read = new Collections();
  await Promise.all([read.refresh(), read.refresh(), read.refresh()]);
  expect(backend.called("collections")).toHaveLength(2);
});

test("how much is computed of a collection never stands at another one", async () => {
  backend.collections = [collection({ name: "Contracts", pinned: true }), collection({ pinned: true })];
  backend.computed = { sources: 1, complete: 1, bytes: 1 };
  const both = new Collections();
  await both.load();
  both.choose("Contracts");
  await waitFor(() => expect(both.computed?.complete).toBe(1));
  both.choose("Policies");
  expect(both.computed).toBeNull();
  await waitFor(() => expect(both.computed?.complete).toBe(1));
  both.choose(null);
  expect(both.computed).toBeNull();
});

test("what would be lost with a collection is nothing only when it is", () => {
  const empty = collection({ sources: [], own: [] });
  expect(lostWith(empty, [], null)).toEqual([]);
  expect(lostWith(empty, ["A"], null)).toHaveLength(1);
  expect(lostWith(collection({ pinned: true }), [], { sources: 1, complete: 0, bytes: 1 })).toHaveLength(2);
});

test("sizes are said in the units of file managers, and never as nothing when there is something", () => {
  expect([0, 1, 1 << 20, 120 * 2 ** 20, 2 ** 32, 2 ** 32 + 2 ** 29].map(bytes)).toEqual([
    "0 MB",
    "1 MB",
    "1 MB",
    "120 MB",
    "4 GB",
    "4.5 GB",
  ]);
  expect(fits({ passages: 1, bytes: 2, used: 2, limit: 4 })).toBe(true);
  expect(fits({ passages: 1, bytes: 3, used: 2, limit: 4 })).toBe(false);
});

import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Backend } from "../../../test/backend";
import { source } from "../../../test/fixtures";
import type { SourceDto } from "../../ipc/gen";
import SourcePanel from "./SourcePanel.svelte";
import { Collections } from "./collections.svelte";
import { Sources } from "./sources.svelte";

let backend: Backend;
const onopen = vi.fn();

beforeEach(() => {
  backend = new Backend().install();
  onopen.mockClear();
});

function show(...list: SourceDto[]): Sources {
  const sources = new Sources();
  sources.take(list, []);
  const collections = new Collections();
  render(SourcePanel, {
    sources,
    collections,
    readersOf: () => [],
    shown: null,
    onopen,
    onaddfiles: vi.fn(),
    onaddfolder: vi.fn(),
  });
  return sources;
}

const items = () => screen.queryAllByTestId("source-item");
const item = (name: string) => items().find((element) => element.dataset["name"] === name) as HTMLElement;

test("what needs attention can be shown alone, also when it lies below the edge of a middling list", async () => {
  const ready = Array.from({ length: 8 }, (_, i) => source({ id: i + 2, name: `${i}.md` }));
  show(...ready, source({ state: "failed", reason: { code: "broken", message: "m", hint: "h" } }));
  expect(items()).toHaveLength(9);
  await fireEvent.click(screen.getByRole("button", { name: "Needs attention 1" }));
  expect(items()).toHaveLength(1);
  await fireEvent.click(screen.getByRole("button", { name: "All 9" }));
  expect(items()).toHaveLength(9);
});

describe("a source in the list", () => {
  test("says its state in words, its pages and its passages", () => {
    show(source());
    expect(item("travel-policy.pdf").textContent).toMatch(/Ready\s+6 pages\s+14 passages/);
    expect(item("travel-policy.pdf").dataset["state"]).toBe("ready");
  });

  test("names the pages that had no text", () => {
    show(source({ state: "partly_read", emptyPages: [3, 5] }));
    expect(item("travel-policy.pdf").textContent).toContain("6 pages, 2 without text (3, 5)");
  });

  test("says why it failed and what to do, and can be tried again", async () => {
    show(source({ state: "failed", passages: 0, pages: 0, reason: { code: "encrypted", message: "m", hint: "h" } }));
    const failed = item("travel-policy.pdf");
    expect(failed.textContent).toContain("protected by a password. Save a copy without the password");
    await fireEvent.click(within(failed).getByTestId("retry"));
    expect(backend.called("retry_source")).toEqual([{ id: 1 }]);
  });

  test("shows how far it is in memory", () => {
    show(source({ state: "reading", passages: 120, passagesInMemory: 40 }));
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("40");
    expect(item("travel-policy.pdf").textContent).toContain("40 of 120 passages in memory");
  });

  test("opens when it has pages, and only then", async () => {
    show(source(), source({ id: 2, name: "queued.txt", state: "queued", pages: 0, passages: 0 }));
    for (const button of screen.getAllByRole("button", { name: /^Read / })) await fireEvent.click(button);
    expect(onopen.mock.calls).toEqual([[1]]);
  });

  test("is removed only after a yes", async () => {
    show(source());
    await fireEvent.click(screen.getByTestId("remove"));
    expect(screen.getByRole("dialog").textContent).toContain("travel-policy.pdf");
    await fireEvent.click(screen.getByTestId("confirm-no"));
    expect(backend.called("remove_source")).toEqual([]);
    await fireEvent.click(screen.getByTestId("remove"));
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    expect(backend.called("remove_source")).toEqual([{ id: 1 }]);
  });

  test("shows its folder when another has the same name", () => {
    show(source(), source({ id: 2, path: "/old/travel-policy.pdf" }), source({ id: 3, name: "a.md", path: "/docs/a.md" }));
    expect(items().map((element) => element.querySelector(".folder")?.textContent ?? null)).toEqual([null, "/old", "/docs"]);
  });

  test("has a name that is markup shown as text", () => {
    show(source({ name: "<img src=x onerror=alert(1)>.pdf" }));
    expect(document.querySelector("img")).toBeNull();
  });
});

test("what was cancelled is tried again all at once", async () => {
  const failed = (id: number, code: string) =>
    source({ id, state: "failed", reason: { code, message: "m", hint: "h" } });
  show(failed(1, "cancelled"), failed(2, "cancelled"), failed(3, "encrypted"));
  await fireEvent.click(screen.getByTestId("retry-all"));
  await waitFor(() => expect(backend.called("retry_source")).toEqual([{ id: 2 }, { id: 1 }]));
});

describe("a long list", () => {
  const many = Array.from({ length: 200 }, (_, index) =>
    source({ id: index + 1, name: `contract-${index + 1}.pdf`, state: index % 50 === 0 ? "failed" : "ready" }),
  );

  test("is filtered by name and by what needs attention", async () => {
    show(...many);
    expect(items()).toHaveLength(200);
    await fireEvent.click(screen.getByRole("button", { name: "Needs attention 4" }));
    expect(items()).toHaveLength(4);
    await fireEvent.input(screen.getByTestId("source-filter"), { target: { value: "CONTRACT-15" } });
    expect(items().map((element) => element.dataset["name"])).toEqual(["contract-151.pdf"]);
  });

  test("is one stop for the Tab key, and the arrow keys move in it", async () => {
    show(...many);
    const rows = () => items().map((element) => element.querySelector<HTMLElement>("[data-row]"));
    expect(rows().filter((row) => row?.tabIndex === 0)).toHaveLength(1);
    rows()[0]?.focus();
    await fireEvent.keyDown(rows()[0] as HTMLElement, { key: "ArrowDown" });
    expect(document.activeElement).toBe(rows()[1]);
    expect(rows()[1]?.tabIndex).toBe(0);
  });

  test("has no filter when it is short", () => {
    show(...many.slice(0, 12));
    expect(screen.queryByTestId("source-filter")).toBeNull();
  });
});

describe("what is told while the list is loading", () => {
  test("is newer than the list", async () => {
    backend.sources = [source({ state: "queued" }), source({ id: 2 })];
    const sources = new Sources();
    sources.take([source({ state: "ready" })], [2]);
    await sources.load();
    expect(sources.list.map(({ id, state }) => [id, state])).toEqual([[1, "ready"]]);
  });
});

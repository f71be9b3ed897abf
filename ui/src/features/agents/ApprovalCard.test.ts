import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import ApprovalCard from "./ApprovalCard.svelte";

const ondecide = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  ondecide.mockClear();
  document.body.innerHTML = "";
});

afterEach(() => vi.useRealTimers());

function show({ armed = true, ...rest }: { armed?: boolean; filing?: boolean; takesFocus?: boolean; preview?: string } = {}) {
  render(ApprovalCard, { path: "/out/<b>list</b>.docx", preview: "<i>Rules</i>", ondecide, ...rest });
  if (armed) vi.advanceTimersByTime(700);
}

const press = (key: string, init: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...init });

test("shows where and what, as text and not as markup", () => {
  show();
  expect(screen.getByTestId("approval-path").textContent).toBe("/out/<b>list</b>.docx");
  expect(screen.getByTestId("approval-preview").textContent).toBe("<i>Rules</i>");
});

test("asks about files that are moved in other words, with a line for each", async () => {
  show({ filing: true, preview: "a.pdf → 2026/a.pdf\nb.pdf ⇒ 2026/b.pdf" });
  expect(screen.getByTestId("approval").textContent).toContain("May these files be moved or copied?");
  expect(screen.getByTestId("approval-preview").textContent).toBe("a.pdf → 2026/a.pdf\nb.pdf ⇒ 2026/b.pdf");
  expect(screen.getByTestId("allow").textContent?.trim()).toBe("Do it");
  await fireEvent.click(screen.getByTestId("allow"));
  expect(ondecide.mock.calls).toEqual([[true]]);
});

test("beside other things leaves the focus, and so the keys, where they are", async () => {
  show({ takesFocus: false });
  expect(document.activeElement).toBe(document.body);
  await press("Enter");
  expect(ondecide).not.toHaveBeenCalled();
});

test("has the focus itself, and neither of its buttons", () => {
  show();
  expect(document.activeElement).toBe(screen.getByTestId("approval"));
});

test.each([
  ["Enter", true],
  ["y", true],
  ["Y", true],
  ["n", false],
  ["Escape", false],
])("%s decides: %s", async (key, approved) => {
  show();
  await press(key);
  expect(ondecide.mock.calls).toEqual([[approved]]);
});

test("does not take a key that was pressed before it could be read", async () => {
  show({ armed: false });
  await press("Enter");
  await press("n");
  await fireEvent.click(screen.getByTestId("allow"));
  expect(ondecide).not.toHaveBeenCalled();
});

test("does not take a key that is held down, with others or for an input method", async () => {
  show();
  await press("Enter", { repeat: true });
  await press("y", { ctrlKey: true });
  await press("Enter", { isComposing: true });
  expect(ondecide).not.toHaveBeenCalled();
});

test("leaves Enter on a button to the button, and keys elsewhere alone", async () => {
  show();
  screen.getByTestId("refuse").focus();
  await press("Enter");
  await fireEvent.keyDown(document.body, { key: "y" });
  expect(ondecide).not.toHaveBeenCalled();
});

test("leaves the focus to whoever is typing", () => {
  document.body.innerHTML = "<input>";
  const field = document.querySelector("input") as HTMLInputElement;
  field.focus();
  show();
  expect(document.activeElement).toBe(field);
});

test("decides once", async () => {
  show();
  await fireEvent.click(screen.getByTestId("allow"));
  await press("n");
  expect(ondecide.mock.calls).toEqual([[true]]);
});

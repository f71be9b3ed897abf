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

function show({ armed = true } = {}) {
  render(ApprovalCard, { path: "/out/<b>list</b>.docx", preview: "<i>Rules</i>", ondecide });
  if (armed) vi.advanceTimersByTime(700);
}

const press = (key: string, init: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...init });

test("shows where and what, as text and not as markup", () => {
  show();
  expect(screen.getByTestId("approval-path").textContent).toBe("/out/<b>list</b>.docx");
  expect(screen.getByTestId("approval-preview").textContent).toBe("<i>Rules</i>");
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

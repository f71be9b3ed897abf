import { describe, expect, test } from "vitest";
import { commandOf, moveInRows } from "./keys";

const press = (key: string, rest: Partial<Parameters<typeof commandOf>[0]> = {}, typing = false) =>
  commandOf(
    { key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...rest },
    typing,
  );

describe("the keyboard", () => {
  test("reaches the question from anywhere", () => {
    expect(press("k", { ctrlKey: true }, true)).toBe("ask");
    expect(press("K", { metaKey: true })).toBe("ask");
    expect(press("/")).toBe("ask");
  });

  test("lets a slash be typed", () => {
    expect(press("/", {}, true)).toBeNull();
  });

  test("reaches each pane", () => {
    expect(press("¡", { altKey: true, code: "Digit1" })).toBe("side");
    expect(press("2", { altKey: true, code: "Digit2" })).toBe("chat");
    expect(press("3", { altKey: true, code: "Digit3" })).toBe("reader");
    expect(press("F6")).toBe("nextPane");
    expect(press("F6", { shiftKey: true })).toBe("previousPane");
  });

  test("goes to the documents and to the agents", () => {
    expect(press("1", { ctrlKey: true }, true)).toBe("documents");
    expect(press("2", { metaKey: true })).toBe("agents");
    expect(press("2")).toBeNull();
  });

  test("leaves every key to an input method while it composes", () => {
    expect(press("Escape", { isComposing: true }, true)).toBeNull();
  });

  test("leaves plain letters and other shortcuts alone", () => {
    expect(press("k")).toBeNull();
    expect(press("c", { ctrlKey: true })).toBeNull();
  });
});

test("the arrow keys move between rows and stop at the ends", () => {
  document.body.innerHTML = "<ul><li><button>a</button></li><li><button>b</button></li><li><button>c</button></li></ul>";
  const list = document.querySelector("ul") as HTMLElement;
  const buttons = [...list.querySelectorAll("button")];
  const arrow = (key: string) => moveInRows(new KeyboardEvent("keydown", { key, cancelable: true }), list, "button");
  buttons[0]?.focus();
  arrow("ArrowUp");
  expect(document.activeElement).toBe(buttons[0]);
  arrow("ArrowDown");
  expect(document.activeElement).toBe(buttons[1]);
  arrow("End");
  arrow("ArrowDown");
  expect(document.activeElement).toBe(buttons[2]);
});

import { expect, test } from "vitest";
import { splitAt } from "./codepoints";

test("a range counts code points, also beyond the basic plane", () => {
  expect(splitAt("𠮷野家の牛丼", 1, 3)).toEqual({ before: "𠮷", inside: "野家", after: "の牛丼" });
  expect(splitAt("a😀b😀c", 1, 4)).toEqual({ before: "a", inside: "😀b😀", after: "c" });
});

test("combining characters are code points of their own", () => {
  expect(splitAt("e\u0301x", 0, 1)).toEqual({ before: "", inside: "e", after: "\u0301x" });
});

test("an empty range marks nothing, and one past the end stops there", () => {
  expect(splitAt("abc", 1, 1)).toEqual({ before: "a", inside: "", after: "bc" });
  expect(splitAt("abc", 2, 9)).toEqual({ before: "ab", inside: "c", after: "" });
  expect(splitAt("", 0, 3)).toEqual({ before: "", inside: "", after: "" });
});

test("it agrees with an array of code points everywhere", () => {
  const text = "差旅费 fee 𠮷 — 😀!";
  const points = Array.from(text);
  for (let start = 0; start <= points.length; start++) {
    for (let end = start; end <= points.length; end++) {
      expect(splitAt(text, start, end).inside).toBe(points.slice(start, end).join(""));
    }
  }
});

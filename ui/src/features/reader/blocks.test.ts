import { expect, test } from "vitest";
import { blocksOf } from "./blocks";

const joined = (blocks: ReturnType<typeof blocksOf>) =>
  blocks.map(({ before, inside, after }) => before + inside + after).join("");

test("a page of ordinary length is one block", () => {
  expect(blocksOf("one\ntwo\nthree", 4, 7)).toEqual([{ before: "one\n", inside: "two", after: "\nthree" }]);
});

test("a book is cut after line breaks, and its mark stays whole", () => {
  const line = "𠮷 a line of some length that is repeated many times\n";
  const text = line.repeat(2000);
  const start = Array.from(line).length * 900;
  const end = start + Array.from(line).length * 400;
  const blocks = blocksOf(text, start, end);
  expect(blocks.length).toBeGreaterThan(5);
  expect(joined(blocks)).toBe(text);
  expect(blocks.filter(({ inside }) => inside !== "").map(({ inside }) => inside)).toEqual([line.repeat(400)]);
  for (const block of blocks.slice(0, 3)) expect(block.before.endsWith("\n")).toBe(true);
});

test("text without line breaks is one block", () => {
  expect(blocksOf("字".repeat(50_000), 0, 0)).toHaveLength(1);
});

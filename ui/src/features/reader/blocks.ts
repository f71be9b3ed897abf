import { splitAt } from "../../shared/codepoints";

/** A piece of a page that is laid out on its own; `inside` is marked. */
export interface Block {
  before: string;
  inside: string;
  after: string;
}

// UTF-16 units. A book in one text file would otherwise be laid out in one piece, for seconds.
const SIZE = 8000;

/** A page cut after line breaks, never within its mark. Joined, the blocks are the page again. */
export function blocksOf(text: string, start: number, end: number): Block[] {
  const { before, inside, after } = splitAt(text, start, end);
  const above = cut(before);
  const below = cut(after);
  const marked = { before: above.pop() ?? "", inside, after: below.shift() ?? "" };
  return [...above.map(plain), marked, ...below.map(plain)];
}

function plain(text: string): Block {
  return { before: text, inside: "", after: "" };
}

function cut(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (text.length - from > SIZE) {
    const lineBreak = text.indexOf("\n", from + SIZE);
    if (lineBreak < 0) break;
    pieces.push(text.slice(from, lineBreak + 1));
    from = lineBreak + 1;
  }
  pieces.push(text.slice(from));
  return pieces;
}

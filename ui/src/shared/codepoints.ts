// Rust counts characters in code points, JavaScript strings in UTF-16 units. These functions stand
// between the two without copying a long page into an array.

/** `text` cut at two code point positions. Positions past the end stand at the end. */
export function splitAt(text: string, start: number, end: number): { before: string; inside: string; after: string } {
  const from = unitOffset(text, start, 0);
  const to = unitOffset(text, Math.max(0, end - start), from);
  return { before: text.slice(0, from), inside: text.slice(from, to), after: text.slice(to) };
}

/** The UTF-16 position `count` code points after the UTF-16 position `from`. */
function unitOffset(text: string, count: number, from: number): number {
  let at = from;
  for (let left = count; left > 0 && at < text.length; left--) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

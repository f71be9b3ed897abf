// Widths in half-width columns: a letter takes one, a Chinese character two.
const TAIL = 12;
const SHORT = 24;

/** The end of a long name, which is shown when its middle is cut; empty for a short name. */
export function tailOf(name: string): string {
  const characters = Array.from(name);
  if (characters.reduce((sum, character) => sum + width(character), 0) <= SHORT) return "";
  let columns = 0;
  let from = characters.length;
  while (from > 0 && columns + width(characters[from - 1] ?? "") <= TAIL) columns += width(characters[--from] ?? "");
  return characters.slice(from).join("");
}

function width(character: string): number {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3ffff}]/u.test(character) ? 2 : 1;
}

// A task as it is filled in: what is missing or can't be meant, and what is handed over.
import type { InputDto } from "../../ipc/gen";

/** By the input's name. */
export type Values = Record<string, string>;

export type Trouble = "required" | "number" | "date";

/** What keeps a task from being handed over. What a text means, Rust decides; this finds the obvious. */
export function troublesOf(inputs: InputDto[], values: Values): Map<string, Trouble> {
  const troubles = new Map<string, Trouble>();
  for (const input of inputs) {
    const text = (values[input.name] ?? "").trim();
    if (text === "") {
      if (input.required && input.default === null) troubles.set(input.name, "required");
    } else if (input.kind === "number" && !/[0-9０-９]/.test(text)) troubles.set(input.name, "number");
    else if (input.kind === "date" && isoDate(text) === null) troubles.set(input.name, "date");
  }
  return troubles;
}

/** What was filled in; what was not has its default or is missing. */
export function givenOf(inputs: InputDto[], values: Values): Values {
  const given: Values = {};
  for (const input of inputs) {
    const text = (values[input.name] ?? "").trim();
    if (text === "") continue;
    given[input.name] = input.kind === "date" ? (isoDate(text) ?? text) : text;
  }
  return given;
}

/** Files in the order in which they are asked for: first `at`, then the inputs that have none yet. */
export function withFiles(inputs: InputDto[], values: Values, paths: string[], at?: string): Values {
  const next = { ...values };
  const free = inputs.filter(({ kind, name }) => kind === "file" && name !== at && !next[name]).map(({ name }) => name);
  const names = at === undefined ? free : [at, ...free];
  for (const [index, path] of paths.entries()) {
    const name = names[index];
    if (name !== undefined) next[name] = path;
  }
  return next;
}

/** `2026-03-01`, also of 2026/3/1 and 2026年3月1日; null when there is no such day. */
export function isoDate(text: string): string | null {
  const found = /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(text.trim());
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.toISOString().slice(0, 10);
}

/** A name that a folder of an agent may have. */
export function isAgentName(name: string): boolean {
  return /^[a-z0-9-]+$/.test(name);
}

/** The last part of a path of any system. */
export function fileNameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

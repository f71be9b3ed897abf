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

/** What comes from outside: dropped or picked. */
export interface Given {
  path: string;
  isFolder: boolean;
}

/** What was not taken: a folder where a file is asked for, a file where a folder is, or one too many. */
export interface Refused {
  path: string;
  why: "folder" | "file" | "full";
}

/**
 * Files and folders in the order in which they are asked for: first at the input `at`, then at those
 * that have nothing yet. What finds no place is told.
 */
export function withFiles(
  inputs: InputDto[],
  values: Values,
  given: Given[],
  at?: string,
): { values: Values; refused: Refused[] } {
  const next = { ...values };
  const refused: Refused[] = [];
  const free = inputs.filter(({ name }) => name !== at && !next[name]);
  const open = [...inputs.filter(({ name }) => name === at), ...free];
  for (const { path, isFolder } of given) {
    const kind = isFolder ? "folder" : "file";
    const index = open.findIndex((input) => input.kind === kind);
    const [input] = index < 0 ? [] : open.splice(index, 1);
    if (input) next[input.name] = path;
    else refused.push({ path, why: inputs.some((input) => input.kind === kind) ? "full" : kind });
  }
  return { values: next, refused };
}

/** What a task is called: by the first file or folder that it was given. */
export function fileOf(inputs: InputDto[], given: Values): string | null {
  const input = inputs.find(({ kind, name }) => (kind === "file" || kind === "folder") && given[name]);
  return input ? fileNameOf(given[input.name] ?? "") : null;
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
  return path.replace(/[\\/]+$/, "").split(/[\\/]/).at(-1) || path;
}

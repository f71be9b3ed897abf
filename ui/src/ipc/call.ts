// The only place that calls Rust. A rejected call always throws a Failure.
import { invoke, type InvokeArgs } from "@tauri-apps/api/core";
import type { ErrorDto } from "./gen";

/** What a command rejected with: a stable code, and the English fallback. */
export class Failure extends Error {
  constructor(readonly error: ErrorDto) {
    super(error.message);
    this.name = "Failure";
  }
}

export async function call<T>(command: string, args?: InvokeArgs): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (cause) {
    throw new Failure(asError(cause));
  }
}

/** Anything that was thrown, as an error that can be shown. */
export function asError(cause: unknown): ErrorDto {
  if (cause instanceof Failure) return cause.error;
  if (isErrorDto(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: "internal", message, hint: "" };
}

function isErrorDto(value: unknown): value is ErrorDto {
  return typeof value === "object" && value !== null && "code" in value && "message" in value && "hint" in value;
}

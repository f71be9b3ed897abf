import type { ErrorDto } from "../ipc/gen";
import { hasMessage, t } from "./messages.svelte";

export interface ErrorText {
  message: string;
  hint: string;
  /** What Rust said, where the catalogue's sentence says less. */
  detail: string;
}

/** An error in the person's language; an unknown code falls back to what Rust said. */
export function errorText(error: ErrorDto): ErrorText {
  const message = `error.${error.code}.message`;
  const hint = `error.${error.code}.hint`;
  if (!hasMessage(message) || !hasMessage(hint)) {
    return { message: sentence(error.message), hint: sentence(error.hint), detail: "" };
  }
  return { message: t(message), hint: t(hint), detail: error.message };
}

/** Rust's messages begin in lower case and have no period. */
function sentence(text: string): string {
  if (text === "") return "";
  const begun = text[0]?.toUpperCase() + text.slice(1);
  return /[.!?。！？]$/.test(begun) ? begun : `${begun}.`;
}

// The keyboard of the whole window, as data, so that it can be tested and written down once.

export type Command =
  | "documents"
  | "agents"
  | "ask"
  | "addFiles"
  | "newChat"
  | "side"
  | "chat"
  | "reader"
  | "nextPane"
  | "previousPane"
  | "escape";

type Key = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing">;

/** What a key press means, or null. `typing` says that the focus is where text is entered. */
export function commandOf(key: Key, typing: boolean): Command | null {
  // While an input method composes, every key belongs to it.
  if (key.isComposing) return null;
  const control = key.ctrlKey || key.metaKey;
  if (control && !key.altKey && !key.shiftKey) {
    switch (key.key.toLowerCase()) {
      case "1":
        return "documents";
      case "2":
        return "agents";
      case "k":
        return "ask";
      case "o":
        return "addFiles";
      case "n":
        return "newChat";
    }
    return null;
  }
  if (key.altKey && !control && !key.shiftKey) {
    switch (key.code) {
      case "Digit1":
        return "side";
      case "Digit2":
        return "chat";
      case "Digit3":
        return "reader";
    }
    return null;
  }
  if (control || key.altKey) return null;
  if (key.key === "F6") return key.shiftKey ? "previousPane" : "nextPane";
  if (key.key === "Escape") return "escape";
  if (key.key === "/" && !typing) return "ask";
  return null;
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
}

/** Moves the focus between the rows of a list with the arrow keys, Home and End. */
export function moveInRows(event: KeyboardEvent, list: HTMLElement, rows: string): void {
  const all = [...list.querySelectorAll<HTMLElement>(rows)];
  const at = all.findIndex((row) => row === document.activeElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
}

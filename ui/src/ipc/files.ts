// Files that come from outside: dropped on the window or picked in the system's dialog.
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { open } from "@tauri-apps/plugin-dialog";
import { call } from "./call";

export interface DropHandlers {
  /** Files hang over the window, or have left it again. */
  onHover(hovering: boolean): void;
  onDrop(paths: string[]): void;
}

export function listenForDrops({ onHover, onDrop }: DropHandlers): Promise<() => void> {
  return getCurrentWebview().onDragDropEvent(({ payload }) => {
    switch (payload.type) {
      case "enter":
        // Dragged text or links have no paths and can't be added.
        if (payload.paths.length > 0) onHover(true);
        break;
      case "over":
        break;
      case "leave":
        onHover(false);
        break;
      case "drop":
        onHover(false);
        if (payload.paths.length > 0) onDrop(payload.paths);
        break;
    }
  });
}

/** Those of the paths that are folders. */
export function foldersAmong(paths: string[]): Promise<string[]> {
  return call("folders", { paths });
}

export async function pickFiles(title: string): Promise<string[]> {
  return (await open({ multiple: true, title })) ?? [];
}

export async function pickFolders(title: string): Promise<string[]> {
  return (await open({ directory: true, multiple: true, title })) ?? [];
}

export function pickFolder(title: string): Promise<string | null> {
  return open({ directory: true, multiple: false, title });
}

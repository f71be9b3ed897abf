// What the window is told without asking, and the state of the models.
import { Channel } from "@tauri-apps/api/core";
import { call } from "./call";
import type { AppEventDto, StatusDto } from "./gen";

export function readStatus(): Promise<StatusDto> {
  return call("status");
}

/** Events come at most once a frame, from now until the window closes. */
export function subscribe(onEvent: (event: AppEventDto) => void): Promise<void> {
  return call("subscribe", { onEvent: new Channel<AppEventDto>(onEvent) });
}

import { call } from "./call";
import type { ViewDto } from "./gen";

export function loadView(): Promise<ViewDto> {
  return call("load_view");
}

export function saveView(view: ViewDto): Promise<void> {
  return call("save_view", { view });
}

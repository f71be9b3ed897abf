import { Channel } from "@tauri-apps/api/core";
import { call } from "./call";
import type { AnswerEventDto, ChatDto, TurnDto } from "./gen";

/** Returns at once; the answer comes as events, done or failed last. */
export function ask(question: string, chat: number | null, onEvent: (event: AnswerEventDto) => void): Promise<void> {
  return call("ask", { question, chat, onEvent: new Channel<AnswerEventDto>(onEvent) });
}

export function stopAnswer(run: number): Promise<void> {
  return call("stop_answer", { run });
}

/** Newest first. */
export function listChats(): Promise<ChatDto[]> {
  return call("chats");
}

export function readChat(id: number): Promise<TurnDto[]> {
  return call("chat", { id });
}

export function deleteChat(id: number): Promise<void> {
  return call("delete_chat", { id });
}

import { Channel } from "@tauri-apps/api/core";
import { call } from "./call";
import type { AnswerEventDto, ChatDto, TurnDto } from "./gen";

export interface Question {
  question: string;
  /** Null for a new one. */
  chat: number | null;
  /** The agent that is asked; null for none. */
  agent: string | null;
  /** The name of the collection within which it is asked; null for all documents. */
  within: string | null;
}

/** Returns at once; the answer comes as events, done or failed last. */
export function ask(asked: Question, onEvent: (event: AnswerEventDto) => void): Promise<void> {
  return call("ask", { ...asked, onEvent: new Channel<AnswerEventDto>(onEvent) });
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

/** Keeps in a chat, or in a new one, that a task was handed over; the chat's number. */
export function handOver(chat: number | null, title: string, run: number): Promise<number> {
  return call("hand_over", { chat, title, run });
}

export function deleteChat(id: number): Promise<void> {
  return call("delete_chat", { id });
}

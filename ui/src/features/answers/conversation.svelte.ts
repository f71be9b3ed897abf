import { errorText } from "../../i18n/errors";
import { t } from "../../i18n/messages.svelte";
import { asError } from "../../ipc/call";
import { ask, handOver, readChat, stopAnswer } from "../../ipc/chats";
import type { AnswerEventDto } from "../../ipc/gen";
import { announcer } from "../../shared/announcer.svelte";
import { notices } from "../../shared/notices.svelte";
import { afterEvent, goneCollection, hasEnded, keptTurn, newTurn, taskTurn, type Turn } from "./turn";

/** A turn on the screen; it goes on changing when its chat is not the one that is shown. */
export class LiveTurn {
  turn: Turn = $state.raw(newTurn(""));
  chat: number | null = $state(null);
  /** It was asked since the window opened, and not read from the record. */
  readonly fresh: boolean;
  /** Stop was wanted before the run had a number. */
  stopWanted = false;

  constructor(turn: Turn, chat: number | null) {
    this.turn = turn;
    this.chat = chat;
    this.fresh = !hasEnded(turn);
  }
}

/** The chat that is shown, and the one answer that is being written, in this chat or another. */
export class Conversation {
  chat: number | null = $state(null);
  turns: LiveTurn[] = $state.raw([]);
  running: LiveTurn | null = $state.raw(null);
  /** The id of the agent that is asked next; null for none. */
  agent: string | null = $state(null);
  /** The last question has its chat, or has failed. */
  #placed: Promise<void> = Promise.resolve();
  #place = () => {};

  constructor(
    /** Tells that a chat came into being or changed. */
    private readonly onChange: () => void,
    private readonly hasCollection: (name: string) => boolean,
  ) {}

  get runsElsewhere(): boolean {
    return this.running !== null && !this.turns.includes(this.running);
  }

  /** The collection that a turn was asked within and that was taken away, when that is why it has no answer. */
  goneCollection(turn: Turn): string | null {
    return goneCollection(turn, this.hasCollection);
  }

  startNew() {
    this.chat = null;
    this.agent = null;
    // A question whose chat has no number yet stays reachable.
    this.turns = this.running && this.running.chat === null ? [this.running] : [];
  }

  async open(chat: number): Promise<void> {
    const kept = await readChat(chat);
    const running = this.running?.chat === chat ? this.running : null;
    const turns = kept
      .filter(({ run }) => run !== running?.turn.run)
      .map((turn) => new LiveTurn(keptTurn(turn), chat));
    this.chat = chat;
    this.turns = running ? [...turns, running] : turns;
    this.agent = this.turns.at(-1)?.turn.agent ?? null;
  }

  /** Asks an agent, or none, within a collection, or in all documents. */
  async ask(question: string, agent: string | null, within: string | null): Promise<void> {
    if (this.running) return;
    const live = new LiveTurn(newTurn(question, agent, within), this.chat);
    this.#placed = new Promise((resolve) => (this.#place = resolve));
    this.running = live;
    this.turns = [...this.turns, live];
    announcer.say(within === null ? t("turn.finding") : t("turn.finding.within", { name: within }));
    try {
      await ask({ question, chat: this.chat, agent, within }, (event) => this.#take(live, event));
    } catch (cause) {
      this.#take(live, { type: "failed", error: asError(cause) });
    }
  }

  /** Shows a task that was handed over, in this chat or in a new one. */
  async handOver(title: string, agent: string, task: number): Promise<void> {
    // Otherwise the first question of a new chat and the task would each make one.
    await this.#placed;
    const before = this.chat;
    const chat = await handOver(before, title, task);
    // When another chat is shown by now, it stands in its own.
    if (this.chat === before) {
      this.chat = chat;
      this.turns = [...this.turns, new LiveTurn(taskTurn(title, agent, task), chat)];
    }
    this.onChange();
  }

  async stop(): Promise<void> {
    const live = this.running;
    if (!live) return;
    if (live.turn.run === null) live.stopWanted = true;
    else await stopAnswer(live.turn.run);
  }

  #take(live: LiveTurn, event: AnswerEventDto) {
    live.turn = afterEvent(live.turn, event);
    if (event.type === "started") {
      live.chat = event.chat;
      if (this.turns.includes(live)) this.chat = event.chat;
      this.onChange();
      this.#place();
      if (live.stopWanted) void notices.watch(() => stopAnswer(event.run));
    }
    const gone = this.goneCollection(live.turn);
    announce(event, gone === null ? null : t("turn.gone", { name: gone }));
    if (hasEnded(live.turn) && this.running === live) {
      this.running = null;
      this.#place();
      this.onChange();
    }
  }
}

/** Changes of phase are spoken, not the text as it comes; why there is no answer, as it is better known here. */
function announce(event: AnswerEventDto, failure: string | null) {
  switch (event.type) {
    case "understood":
      announcer.say(t("turn.understood", { question: event.question }));
      break;
    case "evidence":
      if (event.passages.length > 0) announcer.say(t("turn.announce.evidence", { n: event.passages.length }));
      break;
    case "loading":
      announcer.say(t("turn.loading", { name: event.model }));
      break;
    case "done":
      announcer.say(event.answer.stopped ? t("turn.announce.stopped") : event.answer.text);
      break;
    case "failed":
      announcer.say(t("turn.announce.failed", { message: failure ?? errorText(event.error).message }));
      break;
  }
}

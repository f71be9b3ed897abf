import { AgentsRoom, takesFiles, type Task } from "../features/agents/room.svelte";
import { fileOf } from "../features/agents/task";
import { Chats } from "../features/chats/chats.svelte";
import { Conversation } from "../features/answers/conversation.svelte";
import { Reader, type Place } from "../features/reader/reader.svelte";
import { Collections } from "../features/sources/collections.svelte";
import { Sources } from "../features/sources/sources.svelte";
import { said, t } from "../i18n/messages.svelte";
import { readStatus, subscribe } from "../ipc/app";
import { listenForDrops, pickFiles, pickFolders } from "../ipc/files";
import type { AppEventDto, StatusDto, ViewDto } from "../ipc/gen";
import { loadView, saveView } from "../ipc/view";
import { asError } from "../ipc/call";
import { announcer } from "../shared/announcer.svelte";
import { notices } from "../shared/notices.svelte";

const SAVE_AFTER_MS = 300;

/** What the window is used for at the moment. */
export type Room = "documents" | "agents";

/** Everything on the screen, and how its parts act on one another. */
export class Desk {
  readonly sources = new Sources();
  readonly collections = new Collections();
  readonly chats = new Chats();
  readonly reader = new Reader();
  readonly conversation = new Conversation(
    () => void notices.watch(() => this.chats.refresh()),
    (collection) => this.collections.has(collection),
  );
  readonly agents = new AgentsRoom();
  room: Room = $state("documents");
  status: StatusDto | null = $state.raw(null);
  draft = $state("");
  /** The task that is being filled in in the chat. */
  handing: Task | null = $state.raw(null);
  /** Files hang over the window. */
  hovering = $state(false);
  /** The first load is done, so an empty list means that there is nothing. */
  loaded = $state(false);
  /** The task that is being filled in where the person is; dropped files are for it. */
  readonly task: Task | null = $derived.by(() => {
    const task = this.room === "agents" ? this.agents.task : this.handing;
    return task && takesFiles(task.agent) ? task : null;
  });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #save: (() => void) | null = null;
  #saved = "";

  /** Listens first and reads then, so that nothing falls between. */
  async start(): Promise<void> {
    await notices.watch(() => subscribe((event) => this.#take(event)));
    await notices.watch(() =>
      listenForDrops({
        onHover: (hovering) => (this.hovering = hovering),
        onDrop: (paths) => this.#drop(paths),
      }),
    );
    await Promise.all([
      notices.watch(() => this.sources.load()),
      notices.watch(() => this.collections.load()),
      notices.watch(() => this.chats.refresh()),
      notices.watch(() => this.agents.agents.load()),
      notices.watch(async () => {
        const status = await readStatus();
        // An event may have been faster, and is newer.
        this.status ??= status;
      }),
    ]);
    if (this.status?.locked) notices.add(this.status.locked);
    await notices.watch(async () => this.#restore(await loadView()));
    this.loaded = true;
    void notices.watch(() => this.agents.runs.refresh());
  }

  enter(room: Room): void {
    if (this.room === room) return;
    this.room = room;
    if (room === "agents") this.agents.enter();
  }

  /** Into memory, and into the collection to which the list is narrowed. */
  add(paths: string[]): Promise<void> {
    return notices.watch(() => this.#add(paths));
  }

  addFiles(): Promise<void> {
    return notices.watch(async () => this.#add(await pickFiles(t("sources.pick.files"))));
  }

  addFolder(): Promise<void> {
    return notices.watch(async () => this.#add(await pickFolders(t("sources.pick.folder"))));
  }

  /** Names of the agents that read only certain collections, this one among them. */
  readersOf(collection: string): string[] {
    return this.agents.agents.list.filter((agent) => agent.collections.includes(collection)).map(({ name }) => said(name));
  }

  openPlace(place: Place): Promise<void> {
    return this.reader.open(place);
  }

  openSource(id: number): Promise<void> {
    return this.reader.open({ source: id, page: 1, start: 0, end: 0 });
  }

  newChat(): void {
    this.handing = null;
    this.conversation.startNew();
  }

  /** Whom the next question is for, and the task that is being filled in. */
  chooseAgent(id: string | null): void {
    this.conversation.agent = id;
    if (this.handing) this.fillIn(true);
  }

  /** Opens the task of the agent that is asked, or closes it; what was filled in is kept. */
  fillIn(open: boolean): void {
    const agent = this.agents.agents.get(this.conversation.agent ?? "");
    this.handing = open && agent ? { agent, draft: this.agents.draftFor(agent.id) } : null;
  }

  /** Hands over the task that was filled in in the chat; comes back when its run has begun. */
  async handOver(task: Task): Promise<void> {
    const { agent, draft } = task;
    const name = said(agent.name);
    const file = fileOf(agent.inputs, draft.values);
    const title = file === null ? name : t("handover.turn", { agent: name, file });
    const { run } = await this.agents.handOver(task);
    if (this.handing === task) this.handing = null;
    announcer.say(t("handover.begun"));
    await notices.watch(() => this.conversation.handOver(title, agent.id, run.id));
  }

  openChat(id: number): Promise<void> {
    this.handing = null;
    return notices.watch(() => this.conversation.open(id));
  }

  async deleteChat(id: number): Promise<void> {
    await notices.watch(async () => {
      if (this.conversation.running?.chat === id) await this.conversation.stop();
      await this.chats.delete(id);
      if (this.conversation.chat === id) this.newChat();
    });
  }

  /** What a restart comes back to. */
  view(): ViewDto {
    return { chat: this.conversation.chat, draft: this.draft, reader: this.reader.view() };
  }

  /** Keeps the view once it has rested for a moment; beside another window, that one's view stays. */
  saveSoon(view: ViewDto): void {
    const text = JSON.stringify(view);
    clearTimeout(this.#timer);
    this.#save = null;
    if (text === this.#saved || this.status?.locked) return;
    this.#save = () => {
      this.#saved = text;
      void notices.watch(() => saveView(view));
    };
    this.#timer = setTimeout(() => this.saveNow(), SAVE_AFTER_MS);
  }

  /** Keeps what still waits, because the window may be about to close. */
  saveNow(): void {
    clearTimeout(this.#timer);
    this.#save?.();
    this.#save = null;
  }

  async #restore(view: ViewDto): Promise<void> {
    this.#saved = JSON.stringify(view);
    this.draft = view.draft;
    if (view.reader !== null && this.sources.get(view.reader.source)) await this.reader.open(view.reader);
    // The chat comes last: it scrolls to its end, and how long it is depends on the reader beside it.
    if (view.chat !== null && this.chats.list.some(({ id }) => id === view.chat)) {
      await this.conversation.open(view.chat);
    }
  }

  /** Files are for the task that is being filled in, or else to be read. */
  #drop(paths: string[]) {
    const task = this.task;
    if (task) {
      void notices.watch(() => task.draft.drop(task.agent, paths));
      return;
    }
    this.enter("documents");
    void this.add(paths);
  }

  async #add(paths: string[]): Promise<void> {
    const into = this.collections.chosen?.name ?? null;
    await this.sources.add(paths, into);
    if (into !== null && paths.length > 0) await this.collections.put(into, paths);
  }

  #takeStatus(status: StatusDto) {
    const wasLocked = this.status?.locked ?? null;
    this.status = status;
    if (!wasLocked || status.locked) return;
    // The other window has gone, and what it did is not on this screen yet.
    notices.forget(wasLocked.code);
    void notices.watch(() => 
      Promise.all([
        this.sources.reload(),
        this.collections.refresh(),
        this.chats.refresh(),
        this.agents.runs.refresh(),
      ]),
    );
  }

  #take(event: AppEventDto) {
    switch (event.type) {
      case "sources_changed":
        if (this.sources.take(event.sources, event.removed)) void notices.watch(() => this.collections.refresh());
        if (this.reader.place && event.removed.includes(this.reader.place.source)) this.reader.close();
        break;
      case "status_changed":
        this.#takeStatus(event.status);
        break;
      case "ahead_changed":
        this.collections.takeAhead(event.ahead);
        break;
      case "problem":
        notices.add(asError(event.error));
        break;
    }
  }
}

import { language, t, type Language } from "../../i18n/messages.svelte";
import { foldersAmong } from "../../ipc/files";
import type { AgentDto } from "../../ipc/gen";
import { announcer } from "../../shared/announcer.svelte";
import { notices } from "../../shared/notices.svelte";
import { Agents } from "./agents.svelte";
import { Runs, type LiveRun } from "./runs.svelte";
import { fileNameOf, givenOf, withFiles, type Given, type Refused, type Values } from "./task";

/** A task that is being filled in; it stays while other things are looked at. */
export class Draft {
  values: Values = $state.raw({});
  /** In which the result is written. */
  language: Language = $state(language.current);
  /** Null for the agent's own folder. */
  out: string | null = $state(null);
  /** Of what was dropped or picked last, what was not taken. */
  refused: Refused[] = $state.raw([]);

  /** Files and folders for a task of `agent`, first for its input `at`. */
  take(agent: AgentDto, given: Given[], at?: string): void {
    const { values, refused } = withFiles(agent.inputs, this.values, given, at);
    this.values = values;
    this.refused = refused;
    const [first] = refused;
    if (first) announcer.say(refusalText(first));
  }

  /** What was dropped does not say whether it is a folder. */
  async drop(agent: AgentDto, paths: string[]): Promise<void> {
    const folders = new Set(await foldersAmong(paths));
    this.take(agent, paths.map((path) => ({ path, isFolder: folders.has(path) })));
  }
}

/** An agent and what it is to be given. */
export interface Task {
  agent: AgentDto;
  draft: Draft;
}

export function refusalText({ path, why }: Refused): string {
  return t(`task.refused.${why}`, { name: fileNameOf(path) });
}

/** Dropped files are for its task. */
export function takesFiles(agent: AgentDto): boolean {
  return agent.inputs.some(({ kind }) => kind === "file" || kind === "folder");
}

type Shown =
  | { at: "gallery" }
  | { at: "agent"; id: string; draft: Draft }
  | { at: "run"; run: LiveRun }
  | { at: "outcomes" };

/** What is shown of agents and their runs. */
export class AgentsRoom {
  readonly agents = new Agents();
  readonly runs = new Runs();
  shown: Shown = $state.raw({ at: "gallery" });
  #drafts = new Map<string, Draft>();

  readonly agent: AgentDto | undefined = $derived(
    this.shown.at === "agent" ? this.agents.get(this.shown.id) : undefined,
  );
  /** The task that is being filled in. */
  readonly task: Task | null = $derived(
    this.shown.at === "agent" && this.agent ? { agent: this.agent, draft: this.shown.draft } : null,
  );
  readonly run: LiveRun | null = $derived(this.shown.at === "run" ? this.shown.run : null);

  /** Files may have changed since it was looked at last. */
  enter(): void {
    void notices.watch(() => this.agents.load());
    void notices.watch(() => this.runs.refresh());
  }

  openGallery(): void {
    this.shown = { at: "gallery" };
  }

  openAgent(id: string): void {
    this.shown = { at: "agent", id, draft: this.draftFor(id) };
  }

  /** The task that is being filled in for an agent, here or in a chat. */
  draftFor(id: string): Draft {
    const draft = this.#drafts.get(id) ?? new Draft();
    this.#drafts.set(id, draft);
    return draft;
  }

  openRun(id: number): Promise<void> {
    return notices.watch(async () => {
      this.shown = { at: "run", run: await this.runs.open(id) };
    });
  }

  openOutcomes(): Promise<void> {
    return notices.watch(async () => {
      await this.runs.loadOutcomes();
      this.shown = { at: "outcomes" };
    });
  }

  async begin(task: Task): Promise<void> {
    this.shown = { at: "run", run: await this.handOver(task) };
  }

  /** Comes back when the run has begun, which is not shown here. */
  async handOver({ agent, draft }: Task): Promise<LiveRun> {
    const given = givenOf(agent.inputs, draft.values);
    const run = await this.runs.begin({ agent: agent.id, given, language: draft.language, out: draft.out });
    this.#drafts.delete(agent.id);
    if (this.shown.at === "agent" && this.shown.id === agent.id) this.openAgent(agent.id);
    return run;
  }
}

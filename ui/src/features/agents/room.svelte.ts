import { language, type Language } from "../../i18n/messages.svelte";
import type { AgentDto } from "../../ipc/gen";
import { notices } from "../../shared/notices.svelte";
import { Agents } from "./agents.svelte";
import { Runs, type LiveRun } from "./runs.svelte";
import { givenOf, withFiles, type Values } from "./task";

/** A task that is being filled in; it stays while other things are looked at. */
export class Draft {
  values: Values = $state.raw({});
  /** In which the result is written. */
  language: Language = $state(language.current);
  /** Null for the agent's own folder. */
  out: string | null = $state(null);
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
  /** Dropped files are for the task that is being filled in. */
  readonly takesFiles: boolean = $derived(this.agent?.inputs.some(({ kind }) => kind === "file") ?? false);
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
    const draft = this.#drafts.get(id) ?? new Draft();
    this.#drafts.set(id, draft);
    this.shown = { at: "agent", id, draft };
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

  async begin(agent: AgentDto, draft: Draft): Promise<void> {
    const given = givenOf(agent.inputs, draft.values);
    const run = await this.runs.begin({ agent: agent.id, given, language: draft.language, out: draft.out });
    this.#drafts.delete(agent.id);
    this.shown = { at: "run", run };
  }

  /** Takes dropped files for the task that is being filled in; false when there is none. */
  drop(paths: string[]): boolean {
    if (this.shown.at !== "agent" || !this.agent || !this.takesFiles) return false;
    const { draft } = this.shown;
    draft.values = withFiles(this.agent.inputs, draft.values, paths);
    return true;
  }
}

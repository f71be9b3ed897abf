import { errorText } from "../../i18n/errors";
import { said, t } from "../../i18n/messages.svelte";
import type { ErrorDto, OutcomeDto, RunDto, RunEventDto, RunShownDto, UndoneDto, VerdictDto } from "../../ipc/gen";
import {
  answerRun,
  beginRun,
  carryOnRun,
  decideRun,
  judgeRun,
  listOutcomes,
  listRuns,
  readRun,
  stopRun,
  undoRun,
  type NewRun,
} from "../../ipc/runs";
import { announcer } from "../../shared/announcer.svelte";
import { notices } from "../../shared/notices.svelte";
import { afterEvent, timelineOf, type Timeline } from "./timeline";

const READ_AGAIN_MS = 2000;

/** A run on the screen; it goes on changing when another is shown. */
export class LiveRun {
  shown: RunShownDto = $state.raw(NOTHING);
  /** Why it could not be carried on, since the window opened. */
  error: ErrorDto | null = $state.raw(null);
  /** Stop is wanted; it comes at the run's next safe point. */
  stopping = $state(false);
  /** What became of its files, when they were taken back just now. */
  undone: UndoneDto[] | null = $state.raw(null);

  readonly run: RunDto = $derived(this.shown.run);
  readonly timeline: Timeline = $derived(timelineOf(this.shown.plan, this.shown.events, this.shown.run.state));
  /** It rests before its end, and may come further: a limit or a person's no would only end it again. */
  readonly canGoOn: boolean = $derived.by(() => {
    if (this.run.state === "waiting") return this.shown.pending === null;
    const final = ["limit", "refused"].includes(this.timeline.halted?.code ?? "");
    return ["stopped", "broken", "cut_short"].includes(this.run.state) && !final;
  });

  constructor(shown: RunShownDto) {
    this.shown = shown;
  }

  take(event: RunEventDto) {
    this.shown = afterEvent(this.shown, event);
    if (event.type === "started") this.error = null;
    if (event.type === "failed") this.error = event.error;
    if (event.type === "ended" || event.type === "failed") this.stopping = false;
    announce(this, event);
  }
}

/** All runs, and those whose events come to this window. */
export class Runs {
  /** Newest first. */
  list: RunDto[] = $state.raw([]);
  outcomes: OutcomeDto[] = $state.raw([]);
  readonly waiting: number = $derived(this.list.filter(({ state }) => state === "waiting").length);
  /** One for each run that was opened, so that all places that show it agree. */
  #opened = new Map<number, LiveRun>();
  #followed = new Map<number, LiveRun>();

  async refresh(): Promise<void> {
    const list = await listRuns();
    // What the events of a run have told is newer.
    this.list = list.map((run) => this.#followed.get(run.id)?.run ?? run);
  }

  async loadOutcomes(): Promise<void> {
    this.outcomes = await listOutcomes();
  }

  async open(id: number): Promise<LiveRun> {
    const followed = this.#followed.get(id);
    if (followed) return followed;
    const shown = await readRun(id);
    const live = this.#opened.get(id) ?? new LiveRun(shown);
    this.#opened.set(id, live);
    // It may have been carried on meanwhile, and what its events say is newer.
    if (!this.follows(live)) live.shown = shown;
    return live;
  }

  /** Its events come to this window; otherwise it has to be read again to be up to date. */
  follows(run: LiveRun): boolean {
    return this.#followed.get(run.run.id) === run;
  }

  /** Comes back when the run has begun. */
  begin(task: NewRun): Promise<LiveRun> {
    return this.#follow(null, (listener) => beginRun(task, listener));
  }

  async carryOn(run: LiveRun): Promise<void> {
    await this.#follow(run, (listener) => carryOnRun(run.run.id, listener));
  }

  async answer(run: LiveRun, text: string): Promise<void> {
    await answerRun(run.run.id, text);
    await this.#settled(run);
  }

  async decide(run: LiveRun, approved: boolean): Promise<void> {
    await decideRun(run.run.id, approved);
    await this.#settled(run);
  }

  async stop(run: LiveRun): Promise<void> {
    run.stopping = true;
    await stopRun(run.run.id);
  }

  async undo(run: LiveRun): Promise<void> {
    const undone = await undoRun(run.run.id);
    await this.reload(run);
    run.undone = undone;
  }

  async judge(run: LiveRun, verdict: VerdictDto, note: string): Promise<void> {
    await judgeRun(run.run.id, verdict, note);
    await this.reload(run);
  }

  /** Reads a run again that this window does not follow. */
  async reload(run: LiveRun): Promise<void> {
    const before = run.run.state;
    const shown = await readRun(run.run.id);
    // It may have been carried on meanwhile, and what its events say is newer.
    if (this.follows(run)) return;
    run.shown = shown;
    if (shown.run.state !== before) await this.refresh();
  }

  /**
   * What another process carries on tells this window nothing, so it is read again after a while. To be
   * called in an effect, for as long as the run is shown.
   */
  keepUp(run: LiveRun): (() => void) | undefined {
    if (run.shown.run.state !== "running" || this.follows(run)) return undefined;
    const timer = setTimeout(() => void notices.watch(() => this.reload(run)), READ_AGAIN_MS);
    return () => clearTimeout(timer);
  }

  /** A person has answered or decided, so the run can go on. */
  async #settled(run: LiveRun): Promise<void> {
    run.shown = { ...run.shown, pending: null };
    await this.carryOn(run);
  }

  #follow(run: LiveRun | null, start: (listener: (event: RunEventDto) => void) => Promise<void>): Promise<LiveRun> {
    return new Promise((resolve, reject) => {
      let live = run;
      const listener = (event: RunEventDto) => {
        if (event.type === "started") {
          live ??= new LiveRun(event.shown);
          this.#opened.set(event.shown.run.id, live);
          this.#followed.set(event.shown.run.id, live);
        }
        if (!live) return;
        live.take(event);
        if (event.type === "ended" || event.type === "failed") this.#followed.delete(live.run.id);
        if (event.type !== "happened") void notices.watch(() => this.refresh());
        if (event.type === "started") resolve(live);
      };
      start(listener).catch(reject);
    });
  }
}

const NOTHING: RunShownDto = {
  run: { id: 0, agent: "", model: "", state: "cut_short", begunAt: 0, endedAt: null, seconds: 0 },
  plan: null,
  pending: null,
  events: [],
};

/** Steps and rests are spoken, not every answer of the model. */
function announce({ shown }: LiveRun, event: RunEventDto) {
  switch (event.type) {
    case "happened": {
      const begun = event.events.flatMap(({ event }) => (event.type === "step_begun" ? [event.step] : [])).at(-1);
      const title = shown.plan?.steps.find(({ name }) => name === begun)?.title;
      if (title) announcer.say(said(title));
      break;
    }
    case "ended":
      announcer.say(event.state === "waiting" ? t("run.announce.waiting") : t(`run.state.${event.state}`));
      break;
    case "failed":
      announcer.say(errorText(event.error).message);
      break;
  }
}

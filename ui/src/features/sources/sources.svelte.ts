import { t } from "../../i18n/messages.svelte";
import type { AddReportDto, SourceDto } from "../../ipc/gen";
import { addPaths, listSources, removeSource, retrySource, stopReading } from "../../ipc/sources";
import { announcer } from "../../shared/announcer.svelte";

/** What the list is narrowed to. */
export type Show = "all" | "busy" | "attention";

/** The sources in memory and on their way there, as the backend last told. */
export class Sources {
  #byId: ReadonlyMap<number, SourceDto> = $state.raw(new Map());
  #forgotten = new Set<number>();
  /** What became of the last files that were added, and the collection that they were put into. */
  report: (AddReportDto & { into: string | null }) | null = $state.raw(null);

  /** Newest first. */
  readonly list: SourceDto[] = $derived([...this.#byId.values()].sort((a, b) => b.id - a.id));
  readonly busy: number = $derived(this.list.filter(isBusy).length);
  readonly attention: number = $derived(this.list.filter(needsAttention).length);
  /** Failed ones for which another try may turn out differently, although the file is the same. */
  readonly retriable: readonly SourceDto[] = $derived(this.list.filter(mayWorkNow));
  readonly searchable: number = $derived(this.list.filter((source) => source.passagesInMemory > 0).length);
  /** Names that stand for more than one source, which are told apart by their folder. */
  readonly ambiguous: ReadonlySet<string> = $derived(repeated(this.list.map(({ name }) => name)));

  /** Call after events are subscribed to: what they told is newer than the list. */
  async load(): Promise<void> {
    const listed = await listSources();
    const told = this.#byId;
    const merged = new Map(listed.filter(({ id }) => !this.#forgotten.has(id)).map((source) => [source.id, source]));
    for (const [id, source] of told) merged.set(id, source);
    this.#byId = merged;
  }

  /** Another window may have removed some, which nobody told. */
  async reload(): Promise<void> {
    this.#byId = new Map((await listSources()).map((source) => [source.id, source]));
  }

  get(id: number): SourceDto | undefined {
    return this.#byId.get(id);
  }

  /** Tells whether a document has come or gone, or is in another state. */
  take(changed: SourceDto[], removed: number[]): boolean {
    const wasBusy = this.busy > 0;
    const told = changed.some((source) => this.#byId.get(source.id)?.state !== source.state) || removed.length > 0;
    const next = new Map(this.#byId);
    for (const source of changed) {
      next.set(source.id, source);
      this.#forgotten.delete(source.id);
    }
    for (const id of removed) {
      next.delete(id);
      this.#forgotten.add(id);
    }
    this.#byId = next;
    if (wasBusy && this.busy === 0) announcer.say(this.#settled());
    return told;
  }

  async add(paths: string[], into: string | null = null): Promise<void> {
    if (paths.length === 0) return;
    this.report = { ...(await addPaths(paths)), into };
  }

  retry = retrySource;

  async retryAll(): Promise<void> {
    for (const { id } of this.retriable) await retrySource(id);
  }

  remove = removeSource;
  stopReading = stopReading;

  #settled(): string {
    const count = (state: SourceDto["state"]) => this.list.filter((source) => source.state === state).length;
    return t("sources.settled", { ready: count("ready"), partly: count("partly_read"), failed: count("failed") });
  }
}

export function isBusy({ state }: SourceDto): boolean {
  return state === "queued" || state === "reading";
}

const PASSING = new Set([
  "cancelled",
  "changed",
  "disk_full",
  "embedding",
  "io",
  "memory",
  "permission_denied",
  "vanished",
]);

function mayWorkNow({ state, reason }: SourceDto): boolean {
  return state === "failed" && reason !== null && PASSING.has(reason.code);
}

/** What is being read is stopped first. */
export function canBeRemoved({ state }: SourceDto): boolean {
  return state !== "reading";
}

export function needsAttention({ state }: SourceDto): boolean {
  return state === "failed" || state === "partly_read";
}

/** Narrows a list by a piece of the name, in any case, and by what is shown. */
export function narrow(sources: SourceDto[], text: string, show: Show): SourceDto[] {
  const sought = text.trim().toLocaleLowerCase();
  return sources.filter(
    (source) =>
      (show === "all" || (show === "busy" ? isBusy(source) : needsAttention(source))) &&
      source.name.toLocaleLowerCase().includes(sought),
  );
}

/** The folder of a path, by either system's separator. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"), 0));
}

function repeated(names: string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.has(name) || !seen.add(name)));
}

import { bytes, enumeration, t } from "../../i18n/messages.svelte";
import {
  computeAhead,
  costOfPinning,
  listCollections,
  makeCollection,
  putPaths,
  putSource,
  readAhead,
  readComputed,
  setPinned,
  stopComputing,
  takePathOut,
  takeSourceOut,
} from "../../ipc/collections";
import type { AheadDto, CollectionDto, ComputedDto, PinCostDto } from "../../ipc/gen";
import { announcer } from "../../shared/announcer.svelte";
import { notices } from "../../shared/notices.svelte";

/** The collections, the one that the list is narrowed to, and what is computed ahead. */
export class Collections {
  list: CollectionDto[] = $state.raw([]);
  /** Of all pinned collections together; null before it was told. */
  ahead: AheadDto | null = $state.raw(null);
  #name: string | null = $state(null);
  #computed: { name: string; computed: ComputedDto } | null = $state.raw(null);
  #refreshing: Promise<void> | null = null;
  #again = false;

  /** Null for all documents; also when the chosen one was taken away. */
  readonly chosen: CollectionDto | null = $derived(this.list.find(({ name }) => name === this.#name) ?? null);
  /** Ids of what lies in the chosen one. */
  readonly within: ReadonlySet<number> | null = $derived(this.chosen && new Set(this.chosen.sources));
  /** How much of the chosen one is computed; null while that is not known. */
  readonly computed: ComputedDto | null = $derived(
    this.chosen?.pinned && this.#computed?.name === this.chosen.name ? this.#computed.computed : null,
  );

  async load(): Promise<void> {
    const [, ahead] = await Promise.all([this.refresh(), readAhead()]);
    // An event may have been faster, and is newer.
    this.ahead ??= ahead;
  }

  /** Reads all anew; what is asked for meanwhile comes after, and once. */
  refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#read().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    do {
      this.#again = false;
      this.list = await listCollections();
      await this.#measureChosen();
    } while (this.#again);
  }

  /** How much of a collection is computed now; null for one that is not pinned. */
  async measure({ name, pinned }: CollectionDto): Promise<ComputedDto | null> {
    return pinned ? readComputed(name) : null;
  }

  async #measureChosen(): Promise<void> {
    const { chosen } = this;
    const computed = chosen && (await this.measure(chosen));
    // Another one may have been chosen meanwhile, and is measured by itself.
    if (chosen?.name !== this.chosen?.name) return;
    this.#computed = chosen && computed && { name: chosen.name, computed };
  }

  choose(name: string | null): void {
    this.#name = name;
    void notices.watch(() => this.#measureChosen());
  }

  has(name: string): boolean {
    return this.list.some((collection) => collection.name === name.trim());
  }

  async make(name: string): Promise<void> {
    await makeCollection(name);
    await this.refresh();
  }

  async put(name: string, paths: string[]): Promise<void> {
    await putPaths(name, paths);
    await this.refresh();
  }

  async putSource(name: string, id: number): Promise<void> {
    await putSource(name, id);
    await this.refresh();
  }

  async takeSourceOut(name: string, id: number): Promise<void> {
    await takeSourceOut(name, id);
    await this.refresh();
  }

  async takePlaceOut(name: string, path: string): Promise<void> {
    await takePathOut(name, path);
    await this.refresh();
  }

  async remove(name: string): Promise<void> {
    await takePathOut(name, null);
    await this.refresh();
  }

  cost(name: string): Promise<PinCostDto> {
    return costOfPinning(name);
  }

  async pin(name: string): Promise<void> {
    await setPinned(name, true);
    await this.refresh();
  }

  async unpin(name: string): Promise<void> {
    await setPinned(name, false);
    await this.refresh();
    announcer.say(t("pin.removed", { name }));
  }

  /** Comes back when it has ended. */
  async compute(): Promise<void> {
    try {
      await computeAhead();
    } finally {
      await this.refresh();
    }
  }

  stop = stopComputing;

  takeAhead(ahead: AheadDto): void {
    const was = this.ahead;
    this.ahead = ahead;
    if (!was?.running || ahead.running) return;
    announcer.say(aheadEnded(ahead));
    void notices.watch(() => this.refresh());
  }
}

function aheadEnded(ahead: AheadDto): string {
  if (ahead.full) return t("ahead.full");
  const { done, all } = ahead;
  return t("ahead.ended", { done, all, size: bytes(ahead.bytes) });
}

/** Whether there is room for all of it. */
export function fits({ bytes, used, limit }: PinCostDto): boolean {
  return used + bytes <= limit;
}

/** What taking a collection away would lose; empty when that is nothing. */
export function lostWith(collection: CollectionDto, readers: string[], computed: ComputedDto | null): string[] {
  const lost: string[] = [];
  const inside = collection.sources.length;
  if (inside > 0 || collection.places.length > 0) lost.push(t("collections.remove.text", { n: inside }));
  if (computed && computed.bytes > 0) lost.push(t("collections.remove.computed", { size: bytes(computed.bytes) }));
  if (readers.length > 0) lost.push(t("collections.remove.readers", { names: enumeration(readers) }));
  return lost;
}

import { call } from "./call";
import type { AheadDto, CollectionDto, ComputedDto, PinCostDto } from "./gen";

/** All collections, by their names. */
export function listCollections(): Promise<CollectionDto[]> {
  return call("collections");
}

/** Makes a collection with nothing in it, when there is none of this name. */
export function makeCollection(name: string): Promise<void> {
  return call("make_collection", { name });
}

/** Puts files and folders into a collection; what of them is in memory, and what will be, belongs to it. */
export function putPaths(name: string, paths: string[]): Promise<void> {
  return call("put_paths", { name, paths });
}

export function putSource(name: string, id: number): Promise<void> {
  return call("put_source", { name, id });
}

export function takeSourceOut(name: string, id: number): Promise<void> {
  return call("take_source_out", { name, id });
}

/** Takes a folder out of a collection, or with null the collection away; its documents stay in memory. */
export function takePathOut(name: string, path: string | null): Promise<void> {
  return call("take_path_out", { name, path });
}

/** What pinning a collection takes. Loads the model. */
export function costOfPinning(name: string): Promise<PinCostDto> {
  return call("cost_of_pinning", { name });
}

/** Unpinning removes what was computed ahead of the collection alone. */
export function setPinned(name: string, pinned: boolean): Promise<void> {
  return call("set_pinned", { name, pinned });
}

export function readComputed(name: string): Promise<ComputedDto> {
  return call("computed", { name });
}

export function readAhead(): Promise<AheadDto> {
  return call("ahead");
}

/** Comes back when computing has ended, or was stopped; events tell how far it is. */
export function computeAhead(): Promise<void> {
  return call("compute_ahead");
}

export function stopComputing(): Promise<void> {
  return call("stop_computing");
}

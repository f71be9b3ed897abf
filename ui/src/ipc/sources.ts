import { call } from "./call";
import type { AddReportDto, PageDto, SourceDto } from "./gen";

export function listSources(): Promise<SourceDto[]> {
  return call("sources");
}

/** Files and folders, by absolute path. */
export function addPaths(paths: string[]): Promise<AddReportDto> {
  return call("add_paths", { paths });
}

export function retrySource(id: number): Promise<void> {
  return call("retry_source", { id });
}

/** Forgets the source's text; the file stays where it is. */
export function removeSource(id: number): Promise<void> {
  return call("remove_source", { id });
}

/** Cancels every source that is queued or being read. */
export function stopReading(): Promise<void> {
  return call("stop_reading");
}

export function readPage(source: number, page: number): Promise<PageDto> {
  return call("read_page", { source, page });
}

import { asError } from "../../ipc/call";
import type { ErrorDto, PageDto, ReaderViewDto } from "../../ipc/gen";
import { readPage } from "../../ipc/sources";

/** A place in a source; start and end are code points of the page's text, equal when nothing is marked. */
export type Place = ReaderViewDto;

/** The page beside the chat. */
export class Reader {
  /** What was asked to be shown, with its mark. */
  place: Place | null = $state.raw(null);
  /** The page that is turned to; it may be another one than the marked one. */
  number: number = $state(1);
  page: PageDto | null = $state.raw(null);
  error: ErrorDto | null = $state.raw(null);
  #latest = 0;

  get isOpen(): boolean {
    return this.place !== null;
  }

  get hasMark(): boolean {
    return this.place !== null && this.place.end > this.place.start;
  }

  get isAtMark(): boolean {
    return this.hasMark && this.place?.page === this.number;
  }

  async open(place: Place): Promise<void> {
    if (this.place?.source !== place.source) this.page = null;
    this.place = place;
    await this.turnTo(place.page);
  }

  async turnTo(number: number): Promise<void> {
    const source = this.place?.source;
    if (source === undefined) return;
    this.number = number;
    const request = ++this.#latest;
    try {
      const page = await readPage(source, number);
      // A slow page must not overwrite the one that was turned to after it.
      if (request !== this.#latest) return;
      this.page = page;
      this.error = null;
    } catch (cause) {
      if (request !== this.#latest) return;
      this.page = null;
      this.error = asError(cause);
    }
  }

  close() {
    this.#latest++;
    this.place = null;
    this.page = null;
    this.error = null;
  }

  /** What a restart comes back to. */
  view(): ReaderViewDto | null {
    if (!this.place) return null;
    return this.isAtMark ? this.place : { source: this.place.source, page: this.number, start: 0, end: 0 };
  }
}

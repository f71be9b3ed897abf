import { asError } from "../ipc/call";
import type { ErrorDto } from "../ipc/gen";

export interface Notice {
  key: number;
  error: ErrorDto;
}

/** What went wrong and has no place of its own to be shown. */
class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 0;

  add(error: ErrorDto) {
    const same = (notice: Notice) => notice.error.code === error.code && notice.error.message === error.message;
    this.list = [...this.list.filter((notice) => !same(notice)), { key: this.#next++, error }].slice(-3);
  }

  dismiss(key: number) {
    this.list = this.list.filter((notice) => notice.key !== key);
  }

  /** What was wrong is over. */
  forget(code: string) {
    this.list = this.list.filter((notice) => notice.error.code !== code);
  }

  /** Runs work that a person asked for; when it fails, they are told. */
  async watch(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      this.add(asError(cause));
    }
  }
}

export const notices = new Notices();

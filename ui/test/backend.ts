// Stands in for Rust at the one port of the window: its commands and its channels.
import { Channel } from "@tauri-apps/api/core";
import { mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import type {
  AgentsDto,
  AheadDto,
  AnswerEventDto,
  AppEventDto,
  ChatDto,
  CollectionDto,
  ComputedDto,
  ErrorDto,
  OutcomeDto,
  PageDto,
  PinCostDto,
  ProblemDto,
  RunDto,
  RunEventDto,
  RunShownDto,
  SourceDto,
  TurnDto,
  UndoneDto,
  ViewDto,
} from "../src/ipc/gen";
import { ahead, status } from "./fixtures";

export class Backend {
  status = status();
  sources: SourceDto[] = [];
  collections: CollectionDto[] = [];
  cost: PinCostDto = { passages: 60, bytes: 120 << 20, used: 0, limit: 2 ** 32 };
  computed: ComputedDto = { sources: 1, complete: 0, bytes: 0 };
  ahead: AheadDto = ahead();
  chats: ChatDto[] = [];
  turns: TurnDto[] = [];
  view: ViewDto = { chat: null, draft: "", reader: null };
  pages = new Map<number, string>();
  picked: string[] | null = null;
  /** Of the paths that are dropped, those of folders. */
  folders = new Set<string>();
  agents: AgentsDto = { agents: [], broken: [] };
  runs: RunDto[] = [];
  /** What is read of any run. */
  run: RunShownDto | null = null;
  outcomes: OutcomeDto[] = [];
  problems: ProblemDto[] = [];
  undone: UndoneDto[] = [];
  /** A command named here rejects. */
  refuses = new Map<string, ErrorDto>();
  /** Every call but those of the framework, in order. */
  calls: Array<[command: string, args: Record<string, unknown>]> = [];
  #app: Channel<AppEventDto> | undefined;
  #answer: Channel<AnswerEventDto> | undefined;
  #run: Channel<RunEventDto> | undefined;
  #drops = new Map<string, (event: { event: string; id: number; payload: unknown }) => void>();

  install(): this {
    mockWindows("main");
    mockIPC((command, payload) => this.#handle(command, (payload ?? {}) as Record<string, unknown>));
    return this;
  }

  tell(event: AppEventDto) {
    this.#app?.onmessage(event);
  }

  answer(...events: AnswerEventDto[]) {
    for (const event of events) this.#answer?.onmessage(event);
  }

  tellRun(...events: RunEventDto[]) {
    for (const event of events) this.#run?.onmessage(event);
  }

  drag(type: "enter" | "leave" | "drop", paths: string[] = []) {
    this.#drops.get(`tauri://drag-${type}`)?.({ event: type, id: 1, payload: { paths, position: { x: 0, y: 0 } } });
  }

  called(command: string): Array<Record<string, unknown>> {
    return this.calls.filter(([name]) => name === command).map(([, args]) => args);
  }

  #handle(command: string, args: Record<string, unknown>): unknown {
    if (command === "plugin:event|listen") {
      const internals = window as unknown as { __TAURI_INTERNALS__: { runCallback(id: number, data: unknown): void } };
      const handler = args["handler"] as number;
      this.#drops.set(args["event"] as string, (event) => internals.__TAURI_INTERNALS__.runCallback(handler, event));
      return handler;
    }
    this.calls.push([command, args]);
    const refusal = this.refuses.get(command);
    if (refusal) throw refusal;
    switch (command) {
      case "status":
        return this.status;
      case "subscribe":
        this.#app = args["onEvent"] as Channel<AppEventDto>;
        return null;
      case "sources":
        return this.sources;
      case "add_paths":
        return { queued: (args["paths"] as string[]).length, unchanged: 0, skipped: [] };
      case "folders":
        return (args["paths"] as string[]).filter((path) => this.folders.has(path));
      case "hand_over":
        return args["chat"] ?? 9;
      case "ask":
        this.#answer = args["onEvent"] as Channel<AnswerEventDto>;
        return null;
      case "collections":
        return this.collections;
      case "cost_of_pinning":
        return this.cost;
      case "computed":
        return this.computed;
      case "ahead":
        return this.ahead;
      case "chats":
        return this.chats;
      case "chat":
        return this.turns;
      case "read_page":
        return this.#page(args["source"] as number, args["page"] as number);
      case "load_view":
        return this.view;
      case "agents":
        return this.agents;
      case "check_agent":
        return this.problems;
      case "runs":
        return this.runs;
      case "run":
        return this.run;
      case "outcomes":
        return this.outcomes;
      case "undo_run":
        return this.undone;
      case "begin_run":
      case "carry_on_run":
        this.#run = args["onEvent"] as Channel<RunEventDto>;
        return null;
      case "plugin:dialog|open":
        return (args["options"] as { multiple?: boolean }).multiple ? this.picked : (this.picked?.[0] ?? null);
      default:
        return null;
    }
  }

  #page(source: number, page: number): PageDto {
    const kept = this.sources.find(({ id }) => id === source);
    if (!kept) throw { code: "not_found", message: `no source ${source}`, hint: "" };
    return { source, path: kept.path, name: kept.name, page, pages: kept.pages, text: this.pages.get(page) ?? "" };
  }
}

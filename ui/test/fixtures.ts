// Plain values of what Rust sends, to be changed where a test cares.
import type {
  AgentDto,
  AheadDto,
  AnswerDto,
  CitationDto,
  CollectionDto,
  EventDto,
  HappenedDto,
  InputDto,
  PassageDto,
  RunDto,
  RunShownDto,
  SentenceDto,
  SourceDto,
  StatusDto,
  TableDto,
  TurnDto,
  WordsDto,
} from "../src/ipc/gen";

export function source(change: Partial<SourceDto> = {}): SourceDto {
  return {
    id: 1,
    path: "/docs/travel-policy.pdf",
    name: "travel-policy.pdf",
    state: "ready",
    reason: null,
    pages: 6,
    emptyPages: [],
    passages: 14,
    passagesInMemory: 14,
    ...change,
  };
}

export function collection(change: Partial<CollectionDto> = {}): CollectionDto {
  return { name: "Policies", pinned: false, sources: [1], own: [1], places: [], ...change };
}

export function ahead(change: Partial<AheadDto> = {}): AheadDto {
  return { running: false, done: 0, all: 0, bytes: 0, full: false, byItself: true, ...change };
}

export function passage(change: Partial<PassageDto> = {}): PassageDto {
  return {
    source: 1,
    path: "/docs/travel-policy.pdf",
    name: "travel-policy.pdf",
    page: 3,
    start: 0,
    end: 100,
    heading: "Hotels",
    text: "A night may cost 140 EUR.",
    score: 0.9,
    ...change,
  };
}

export function citation(change: Partial<CitationDto> = {}): CitationDto {
  return {
    source: 1,
    path: "/docs/travel-policy.pdf",
    name: "travel-policy.pdf",
    page: 3,
    start: 8,
    end: 24,
    quote: "may cost 140 EUR",
    cells: null,
    ...change,
  };
}

export function sentence(change: Partial<SentenceDto> = {}): SentenceDto {
  return { text: "A.", supported: true, citations: [], conflicts: [], ...change };
}

export function turn(change: Partial<TurnDto> = {}): TurnDto {
  return { run: 7, question: "Hotels?", agent: null, within: null, task: null, answer: answer(), error: null, ...change };
}

export function answer(change: Partial<AnswerDto> = {}): AnswerDto {
  return {
    run: 7,
    text: "A night costs up to 140 EUR. Prices rise.",
    declined: false,
    stopped: false,
    cut: false,
    sentences: [
      sentence({ text: "A night costs up to 140 EUR.", citations: [citation()] }),
      sentence({ text: "Prices rise.", supported: false }),
    ],
    calculation: null,
    understood: null,
    passages: [passage()],
    passagesRead: 1,
    timing: { retrievalMs: 20, firstTokenMs: 9800, totalMs: 14000, promptTokens: 700, answerTokens: 40 },
    ...change,
  };
}

export function status(change: Partial<StatusDto> = {}): StatusDto {
  return {
    version: "0.1.0",
    locked: null,
    chat: { id: "chat", name: "Chat model", state: "present", error: null },
    embedding: { id: "embedding", name: "Embedder", state: "loaded", error: null },
    ...change,
  };
}

export function words(en: string, zh = `${en}（中）`): WordsDto {
  return { en, zh };
}

export function input(change: Partial<InputDto> = {}): InputDto {
  return { name: "contract", label: words("The contract"), kind: "file", required: true, default: null, options: [], ...change };
}

export function agent(change: Partial<AgentDto> = {}): AgentDto {
  return {
    id: "contract-reviewer",
    name: words("Contract reviewer", "合同审查"),
    description: words("Checks a contract", "审查合同"),
    industry: "office",
    own: false,
    folder: "/data/gallery/contract-reviewer",
    model: null,
    inputs: [input(), input({ name: "rules", label: words("House rules"), default: "rules.csv" })],
    plan: {
      steps: [
        { name: "clauses", title: words("Find the clauses", "查找条款"), work: "for_each" },
        { name: "report", title: words("Write the list", "编写清单"), work: "write" },
      ],
      checks: [{ name: "quoted", says: words("Every clause is quoted", "每个条款均为原文") }],
    },
    write: "ask",
    file: "never",
    collections: [],
    limits: { tokens: 400000, minutes: 120, rows: 2000 },
    toml: 'name = "x"\nsteps = []',
    ...change,
  };
}

export function run(change: Partial<RunDto> = {}): RunDto {
  return {
    id: 3,
    agent: "contract-reviewer",
    model: "small",
    state: "running",
    begunAt: 1795000000,
    endedAt: null,
    seconds: 0,
    ...change,
  };
}

export function happened(...events: EventDto[]): HappenedDto[] {
  return events.map((event) => ({ at: 1795000000, event }));
}

export function shownRun(change: Partial<RunShownDto> = {}): RunShownDto {
  const begun: EventDto = {
    type: "begun",
    agent: "contract-reviewer",
    model: "small",
    language: "en",
    given: { contract: "/docs/supply agreement.docx" },
  };
  return { run: run(), plan: agent().plan, pending: null, events: happened(begun), ...change };
}

export function table(): TableDto {
  const place = { document: "supply agreement.docx", page: 3, quote: "within 45 days", cells: null };
  return {
    columns: [
      { name: "rule", kind: "text" },
      { name: "rules_row", kind: "number" },
      { name: "days", kind: "number" },
      { name: "clause", kind: "text" },
    ],
    rows: [
      [
        { text: "payment", from: "computed", places: [] },
        { text: "1", from: "computed", places: [] },
        { text: "45", from: "quoted", places: [place] },
        { text: "", from: "missing", places: [] },
      ],
    ],
  };
}

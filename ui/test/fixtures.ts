// Plain values of what Rust sends, to be changed where a test cares.
import type { AnswerDto, CitationDto, PassageDto, SourceDto, StatusDto } from "../src/ipc/gen";

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

export function answer(change: Partial<AnswerDto> = {}): AnswerDto {
  return {
    run: 7,
    text: "A night costs up to 140 EUR. Prices rise.",
    declined: false,
    stopped: false,
    cut: false,
    sentences: [
      { text: "A night costs up to 140 EUR.", supported: true, citations: [citation()] },
      { text: "Prices rise.", supported: false, citations: [] },
    ],
    passages: [passage()],
    passagesLeftOut: 0,
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

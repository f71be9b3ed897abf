// How an answer's sentences, their citations and the passages that were read are shown together.
import type { AnswerDto, CitationDto, PassageDto, SentenceDto } from "../../ipc/gen";
import { unbroken } from "../../shared/lines";

export interface ShownCitation {
  citation: CitationDto;
  number: number;
  /** The first of its number in the answer: it says the file's name, the others need not. */
  isFirst: boolean;
}

export interface ShownSentence {
  sentence: SentenceDto;
  /** White space between the sentence before and this one. */
  gap: string;
  citations: ShownCitation[];
  /** Where other sources say something else. */
  conflicts: ShownCitation[];
  /** The last of a series of sentences without support: one mark serves them all. */
  endsUnsupported: boolean;
}

/**
 * A citation has the number of the passage card that it stands in, so that "[2]" means the same
 * everywhere. Quotes that stand in no passage are numbered after them.
 */
export function shownSentences(answer: AnswerDto): ShownSentence[] {
  const numbers = new Numbers(answer.passages);
  const named = new Set<number>();
  let at = 0;
  return answer.sentences.map((sentence, index) => {
    const found = answer.text.indexOf(sentence.text, at);
    const gap = index === 0 ? "" : found < 0 ? " " : whiteSpace(answer.text.slice(at, found));
    if (found >= 0) at = found + sentence.text.length;
    const shown = (citations: CitationDto[]) => {
      const once = new Map<string, ShownCitation>();
      for (const citation of citations) {
        const number = numbers.of(citation);
        if (!once.has(key(citation))) once.set(key(citation), { citation, number, isFirst: !named.has(number) });
        named.add(number);
      }
      return [...once.values()];
    };
    return {
      sentence,
      gap,
      citations: shown(sentence.citations),
      conflicts: shown(sentence.conflicts),
      endsUnsupported: !sentence.supported && (answer.sentences[index + 1]?.supported ?? true),
    };
  });
}

export interface CopyLabels {
  sources: string;
  conflict: string;
  page: (page: number) => string;
}

/** The answer as plain text with its sources below, for another document. */
export function copyText(answer: AnswerDto, labels: CopyLabels): string {
  const sources = new Map<number, string>();
  const body = shownSentences(answer)
    .map(({ gap, sentence, citations, conflicts }) => {
      const marks = [...new Set(citations.map(({ number }) => number))].map((number) => `[${number}]`).join("");
      for (const { citation, number } of [...citations, ...conflicts]) {
        sources.set(number, `[${number}] ${citation.name}, ${placeOf(citation, labels.page)}`);
      }
      const others = conflicts.map(({ citation, number }) => `“${unbroken(citation.quote).replaceAll("\n", " ")}” [${number}]`).join(", ");
      const against = others === "" ? "" : ` (${labels.conflict}: ${others})`;
      return `${gap}${sentence.text.trimEnd()}${marks === "" ? "" : ` ${marks}`}${against}`;
    })
    .join("");
  const written = body === "" ? answer.text : body;
  const computed = answer.calculation !== null && answer.calculation !== written ? answer.calculation : null;
  const text = computed === null ? written : [written, computed].filter((part) => part !== "").join("\n");
  if (sources.size === 0) return text;
  const list = [...sources].sort(([a], [b]) => a - b).map(([, line]) => line);
  return [text, "", labels.sources, ...list].join("\n");
}

/** Where a quote stands, for people: its cells in a sheet, or its page. */
export function placeOf({ cells, page }: CitationDto, label: (page: number) => string): string {
  return cells === null ? label(page) : `${cells.sheet} ${cells.names}`.trim();
}

/** A calculation as people write it; on a machine's keyboard there is no ×. */
export function calculationText(calculation: string): string {
  return calculation.replaceAll("*", "×").replaceAll(" / ", " ÷ ").replaceAll(" - ", " − ");
}

class Numbers {
  #beyond = new Map<string, number>();

  constructor(private readonly passages: PassageDto[]) {}

  of(citation: CitationDto): number {
    const index = this.passages.findIndex(
      (passage) =>
        passage.source === citation.source &&
        passage.page === citation.page &&
        passage.start <= citation.start &&
        citation.end <= passage.end,
    );
    if (index >= 0) return index + 1;
    const known = this.#beyond.get(key(citation));
    if (known !== undefined) return known;
    const number = this.passages.length + this.#beyond.size + 1;
    this.#beyond.set(key(citation), number);
    return number;
  }
}

function key({ source, page, start, end }: CitationDto): string {
  return `${source}/${page}/${start}-${end}`;
}

/** Keeps line breaks and spaces, drops marks like "[1]" that the model wrote between sentences. */
function whiteSpace(between: string): string {
  return between.replace(/\S+/g, "").replace(/[^\S\n]+/g, " ");
}

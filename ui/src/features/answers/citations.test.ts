import { describe, expect, test } from "vitest";
import { answer, citation, passage, sentence } from "../../../test/fixtures";
import { calculationText, copyText, placeOf, shownSentences } from "./citations";

describe("citations", () => {
  test("have the number of the passage that they stand in", () => {
    const shown = shownSentences(
      answer({
        passages: [passage({ page: 9 }), passage()],
        sentences: [sentence({ citations: [citation(), citation({ page: 9 })] })],
      }),
    );
    expect(shown[0]?.citations.map(({ number }) => number)).toEqual([2, 1]);
  });

  test("outside every passage are numbered after them, the same quote always the same", () => {
    const outside = citation({ page: 20 });
    const shown = shownSentences(
      answer({
        sentences: [
          sentence({ citations: [outside] }),
          sentence({ text: "B.", citations: [citation({ page: 21 }), outside] }),
        ],
      }),
    );
    expect(shown.map(({ citations }) => citations.map(({ number }) => number))).toEqual([[2], [3, 2]]);
  });

  test("are named once and shown once per sentence", () => {
    const twice = sentence({ citations: [citation(), citation()] });
    const shown = shownSentences(answer({ sentences: [twice, twice] }));
    expect(shown.map(({ citations }) => citations.map(({ isFirst }) => isFirst))).toEqual([[true], [false]]);
  });
});

describe("sentences", () => {
  const sentences = ["第一句。", "第二句。"].map((text) => sentence({ text, supported: false }));

  test("keep the line breaks between them and lose the marks that the model wrote", () => {
    const gaps = (text: string) => shownSentences(answer({ text, sentences })).map(({ gap }) => gap);
    expect(gaps("第一句。[1]\n\n第二句。")).toEqual(["", "\n\n"]);
    expect(gaps("第一句。第二句。")).toEqual(["", ""]);
    expect(gaps("another text")).toEqual(["", " "]);
  });

  test("without support in a row share one mark, at the end", () => {
    expect(shownSentences(answer({ sentences })).map(({ endsUnsupported }) => endsUnsupported)).toEqual([false, true]);
  });
});

const labels = { sources: "Sources", conflict: "Another source says otherwise", page: (page: number) => `p. ${page}` };

test("a copied answer carries its sources", () => {
  const text = copyText(answer(), labels);
  expect(text).toBe("A night costs up to 140 EUR. [1] Prices rise.\n\nSources\n[1] travel-policy.pdf, p. 3");
});

test("a quote of a sheet is placed by its cells", () => {
  const page = (page: number) => `p. ${page}`;
  expect(placeOf(citation({ cells: { sheet: "Limits", names: "A7:C7" } }), page)).toBe("Limits A7:C7");
  expect(placeOf(citation({ cells: { sheet: "", names: "B2" } }), page)).toBe("B2");
  expect(placeOf(citation(), page)).toBe("p. 3");
});

test("a declined answer is copied as it is", () => {
  const declined = answer({ declined: true, text: "Not there.", sentences: [] });
  expect(copyText(declined, labels)).toBe("Not there.");
});

test("what another source says is numbered with the rest, and copied with the sentence", () => {
  const against = answer({
    sentences: [sentence({ text: "140 EUR.", citations: [citation()], conflicts: [citation({ name: "old.pdf", page: 9, quote: "120\nEUR" })] })],
  });
  expect(shownSentences(against)[0]?.conflicts.map(({ number }) => number)).toEqual([2]);
  expect(copyText(against, labels)).toBe(
    "140 EUR. [1] (Another source says otherwise: “120 EUR” [2])\n\nSources\n[1] travel-policy.pdf, p. 3\n[2] old.pdf, p. 9",
  );
});

test("a calculation is written as people do, and copied once", () => {
  expect(calculationText("(80 + 120) * 3 / 2 - 1 = 299")).toBe("(80 + 120) × 3 ÷ 2 − 1 = 299");
  const computed = answer({ text: "2 * 3 = 6", sentences: [], calculation: "2 * 3 = 6" });
  expect(copyText(computed, labels)).toBe("2 * 3 = 6");
  expect(copyText({ ...computed, text: "Six." }, labels)).toBe("Six.\n2 * 3 = 6");
});

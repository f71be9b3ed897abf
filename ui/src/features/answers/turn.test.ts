import { describe, expect, test } from "vitest";
import { answer, passage, turn } from "../../../test/fixtures";
import type { AnswerEventDto } from "../../ipc/gen";
import { afterEvent, answerState, evidenceOf, goneCollection, keptTurn, newTurn } from "./turn";

const kept = turn();
const play = (...events: AnswerEventDto[]) => events.reduce(afterEvent, newTurn("What may a night cost?"));

describe("the events of an answer", () => {
  test("evidence is there before the model has read it", () => {
    const turn = play({ type: "started", run: 7, chat: 2 }, { type: "evidence", passages: [passage()] });
    expect(turn.run).toBe(7);
    expect(turn.evidence).toHaveLength(1);
    expect(turn.phase).toEqual({ at: "found" });
    expect(answerState(turn)).toBe("streaming");
  });

  test("a question that leans on the one before it is told as it was understood", () => {
    const restated = "What may a night in Paris cost?";
    const turn = play(
      { type: "loading", model: "M" },
      { type: "understood", question: restated },
    );
    expect([turn.understood, turn.phase.at]).toEqual([restated, "finding"]);
    expect(keptTurn({ ...kept, answer: answer({ understood: restated }) }).understood).toBe(restated);
    expect(keptTurn({ ...kept, answer: null }).understood).toBeNull();
  });

  test("loading and reading replace one another and keep the evidence", () => {
    const turn = play(
      { type: "evidence", passages: [passage()] },
      { type: "loading", model: "M" },
      { type: "reading", done: 420, total: 700 },
    );
    expect(turn.phase).toEqual({ at: "reading", done: 420, total: 700 });
    expect(turn.evidence).toHaveLength(1);
  });

  test("what was not borne out goes when more is read", () => {
    const turn = play({ type: "text", text: "No idea" }, { type: "reading_on" }, { type: "text", text: "650" });
    expect(turn.text).toBe("650");
  });

  test("text is joined in order", () => {
    const turn = play({ type: "text", text: "每晚 " }, { type: "text", text: "650 元" });
    expect(turn.text).toBe("每晚 650 元");
    expect(turn.phase.at).toBe("writing");
  });

  test("the finished answer replaces what was streamed", () => {
    const turn = play({ type: "text", text: "A night [1]" }, { type: "done", answer: answer() });
    expect(turn.text).toBe(answer().text);
    expect(answerState(turn)).toBe("done");
  });

  test("nothing changes an answer that has ended", () => {
    const ended = play({ type: "failed", error: { code: "internal", message: "m", hint: "" } });
    expect(afterEvent(ended, { type: "text", text: "late" })).toBe(ended);
    expect(answerState(ended)).toBe("failed");
  });
});

describe("what was found", () => {
  const found = [passage({ start: 0 }), passage({ start: 100 }), passage({ start: 200 })];
  const ended = (change: Parameters<typeof answer>[0]) =>
    evidenceOf(keptTurn(turn({ answer: answer({ passages: found, ...change }) })));

  test("is one list until the answer is there", () => {
    const { above, below } = evidenceOf(play({ type: "evidence", passages: found }));
    expect([above.title, above.passages.length, below.passages.length]).toEqual(["turn.evidence", 3, 0]);
  });

  test("is told apart by whether the model read it", () => {
    const { above, below } = ended({ passagesRead: 1 });
    expect([above.title, above.passages, above.first]).toEqual(["turn.read", found.slice(0, 1), 1]);
    expect([below.title, below.passages, below.first]).toEqual(["turn.unread", found.slice(1), 2]);
  });

  test("stays to be looked at below when it holds no answer", () => {
    const { above, below } = ended({ passagesRead: 0, declined: true });
    expect([above.passages.length, below.title, below.passages.length]).toEqual([0, "turn.nearest", 3]);
  });

  test("stays above when the answer was stopped before the model read", () => {
    const { above, below } = ended({ passagesRead: 0, stopped: true });
    expect([above.title, above.passages.length, below.passages.length]).toEqual(["turn.evidence", 3, 0]);
  });
});

describe("what is kept of a turn", () => {
  test("stopped and declined answers are told apart from finished ones", () => {
    const state = (change: Parameters<typeof answer>[0]) =>
      answerState(keptTurn(turn({ answer: answer(change) })));
    expect(state({})).toBe("done");
    expect(state({ stopped: true })).toBe("stopped");
    expect(state({ declined: true })).toBe("declined");
  });

  test("a task that was handed over has neither and was not interrupted", () => {
    const kept = keptTurn(turn({ agent: "reconciler", task: 3, answer: null }));
    expect(kept).toMatchObject({ agent: "reconciler", phase: { at: "task", task: 3 } });
    expect(afterEvent(kept, { type: "text", text: "late" })).toBe(kept);
  });

  test("a collection that was taken away is told apart from what else is not there", () => {
    const error = { code: "not_found", message: "m", hint: "" };
    const gone = (change: Parameters<typeof turn>[0], there: string[]) =>
      goneCollection(keptTurn(turn({ answer: null, error, ...change })), (name) => there.includes(name));
    expect(gone({ within: "Prices" }, ["Rules"])).toBe("Prices");
    expect(gone({ within: "Prices" }, ["Prices"])).toBeNull();
    expect(gone({ within: null }, [])).toBeNull();
    expect(gone({ within: "Prices", error: { ...error, code: "internal" } }, [])).toBeNull();
    expect(gone({ within: "Prices", error: null, answer: answer() }, [])).toBeNull();
  });

  test("a turn with neither answer nor error was interrupted", () => {
    expect(keptTurn(turn({ answer: null })).phase.at).toBe("interrupted");
  });
});

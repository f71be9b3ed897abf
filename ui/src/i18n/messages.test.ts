import { afterEach, describe, expect, test } from "vitest";
import rust from "../../../crates/agent/src/read.rs?raw";
import en from "./en.json";
import { errorText } from "./errors";
import { catalogues, duration, fill, hasMessage, language, t } from "./messages.svelte";
import zh from "./zh.json";

afterEach(() => language.set("en"));

const parameters = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort();

describe("the catalogue", () => {
  test("has the same keys in both languages", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  test("takes the same parameters in both languages", () => {
    for (const [key, text] of Object.entries(en)) {
      expect(parameters(catalogues.zh[key as keyof typeof en]), key).toEqual(parameters(text));
    }
  });

  test("has no empty text, and no English left in the Chinese one", () => {
    for (const [key, text] of Object.entries(zh)) {
      expect(text, key).not.toBe("");
      if (key !== "language.other") expect(text, key).toMatch(/[\u4e00-\u9fff]|^[\W\d]*\{/);
    }
  });

  test("has a sentence for every reason that Rust can give for a failed file", () => {
    const codes = [...rust.matchAll(/^ {4}\w+ = "(\w+)",$/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) {
      expect(hasMessage(`error.${code}.message`) && hasMessage(`error.${code}.hint`), code).toBe(true);
    }
  });
});

describe("a text", () => {
  test("has its plural", () => {
    expect(t("source.pages", { n: 1 })).toBe("1 page");
    expect(t("source.pages", { n: 1200 })).toBe("1,200 pages");
    language.set("zh");
    expect(t("source.pages", { n: 1 })).toBe("1 页");
  });

  test("shows a parameter that was forgotten, and never fills a parameter's own braces", () => {
    expect(fill("{a} {b}", { a: "{b}" }, "en")).toBe("{b} {b}");
  });

  test("says durations as people do", () => {
    expect([40, 9800, 9960, 14200, 125000].map(duration)).toEqual(["0 s", "9.8 s", "10 s", "14 s", "2 min 5 s"]);
  });
});

describe("an error", () => {
  test("with a known code speaks the language of the window and keeps what Rust said", () => {
    language.set("zh");
    expect(errorText({ code: "empty", message: "the file is empty", hint: "check" })).toEqual({
      message: zh["error.empty.message"],
      hint: zh["error.empty.hint"],
      detail: "the file is empty",
    });
  });

  test("with an unknown code falls back to Rust's sentences", () => {
    expect(errorText({ code: "new", message: "the fan is stuck", hint: "" })).toEqual({
      message: "The fan is stuck.",
      hint: "",
      detail: "",
    });
  });

  test("with a code of the prototype's is unknown too", () => {
    expect(errorText({ code: "toString", message: "m", hint: "h" }).message).toBe("M.");
  });
});

import { describe, expect, test } from "vitest";
import { input } from "../../../test/fixtures";
import { fileNameOf, fileOf, givenOf, isAgentName, isoDate, troublesOf, withFiles } from "./task";

const inputs = [
  input(),
  input({ name: "rules", default: "rules.csv" }),
  input({ name: "days", kind: "number" }),
  input({ name: "from", kind: "date", required: false }),
];

const files = (...paths: string[]) => paths.map((path) => ({ path, isFolder: false }));

describe("a task", () => {
  test("needs what is required and has no default", () => {
    expect([...troublesOf(inputs, {})]).toEqual([
      ["contract", "required"],
      ["days", "required"],
    ]);
    expect(troublesOf(inputs, { contract: "/a.docx", days: "3" }).size).toBe(0);
  });

  test("does not take what can be no number and no day", () => {
    const troubles = troublesOf(inputs, { contract: "/a.docx", days: "some", from: "2026-02-30" });
    expect([...troubles]).toEqual([
      ["days", "number"],
      ["from", "date"],
    ]);
    expect(troublesOf(inputs, { contract: "/a.docx", days: "3万", from: "2026年3月1日" }).size).toBe(0);
  });

  test("hands over what was filled in and leaves the rest to its defaults", () => {
    const given = givenOf(inputs, { contract: "/a.docx", rules: "", days: " 3 ", from: "2026/3/1" });
    expect(given).toEqual({ contract: "/a.docx", days: "3", from: "2026-03-01" });
  });

  test("takes files in the order in which they are asked for", () => {
    expect(withFiles(inputs, {}, files("/1", "/2")).values).toEqual({ contract: "/1", rules: "/2" });
    expect(withFiles(inputs, { contract: "/0" }, files("/1")).values).toEqual({ contract: "/0", rules: "/1" });
    expect(withFiles(inputs, { rules: "/0" }, files("/1", "/2"), "rules").values).toEqual({ rules: "/1", contract: "/2" });
  });

  test("takes a folder where one is asked for, and files beside it", () => {
    const both = [input({ name: "inbox", kind: "folder" }), input()];
    const given = [...files("/a.docx"), { path: "/inbox", isFolder: true }];
    expect(withFiles(both, {}, given)).toEqual({ values: { inbox: "/inbox", contract: "/a.docx" }, refused: [] });
  });

  test("says what it does not take, and why", () => {
    const folder = { path: "/inbox", isFolder: true };
    expect(withFiles(inputs, {}, [folder])).toEqual({ values: {}, refused: [{ path: "/inbox", why: "folder" }] });
    const only = [input({ name: "inbox", kind: "folder" })];
    expect(withFiles(only, {}, files("/a.docx")).refused).toEqual([{ path: "/a.docx", why: "file" }]);
    expect(withFiles(inputs, {}, files("/1", "/2", "/3")).refused).toEqual([{ path: "/3", why: "full" }]);
  });

  test("is called by the first file or folder that it was given", () => {
    expect(fileOf(inputs, { rules: "/docs/b.csv", contract: "/docs/a.docx" })).toBe("a.docx");
    expect(fileOf([input({ name: "inbox", kind: "folder" })], { inbox: "/docs/inbox/" })).toBe("inbox");
    expect(fileOf(inputs, { days: "3" })).toBeNull();
  });
});

test("a day is a day of the calendar", () => {
  expect(isoDate("2028-02-29")).toBe("2028-02-29");
  expect(isoDate("2026-13-01")).toBeNull();
  expect(isoDate("March")).toBeNull();
});

test("an agent's name is one that its folder may have", () => {
  expect(["my-agent-2", "My agent", "", "合同"].map(isAgentName)).toEqual([true, false, false, false]);
});

test("a file's name is the end of a path of any system", () => {
  expect(fileNameOf("/docs/a b.docx")).toBe("a b.docx");
  expect(fileNameOf("C:\\docs\\合同.docx")).toBe("合同.docx");
});

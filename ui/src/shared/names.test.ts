import { expect, test } from "vitest";
import { tailOf } from "./names";
import { pageRanges } from "./pages";

test("a short name is whole", () => {
  expect(tailOf("travel-policy.pdf")).toBe("");
  expect(tailOf("员工手册.docx")).toBe("");
});

test("the end of a long name is kept, a Chinese character being as wide as two letters", () => {
  expect(tailOf("framework agreement 2025-2027 final.pdf")).toBe("27 final.pdf");
  expect(tailOf("2025年度第三季度华东区域销售合同汇总（最终版）.pdf")).toBe("最终版）.pdf");
});

test("page numbers are told as ranges, and a long list is cut", () => {
  expect(pageRanges([3, 5])).toBe("3, 5");
  expect(pageRanges([9, 1, 2, 3, 7, 8])).toBe("1–3, 7–9");
  expect(pageRanges([4, 5])).toBe("4, 5");
  expect(pageRanges([1, 3, 5, 7], 2)).toBe("1, 3, …");
});

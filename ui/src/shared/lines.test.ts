import { expect, test } from "vitest";
import { unbroken } from "./lines";

test("a line break within Chinese text leaves no space", () => {
  expect(unbroken("账号\n有效期最长为60天。 \n　八、安全")).toBe("账号有效期最长为60天。　八、安全");
});

test("a line break between words stays one", () => {
  expect(unbroken("the safety\nofficer")).toBe("the safety\nofficer");
  expect(unbroken("在ERP\n系统")).toBe("在ERP\n系统");
});

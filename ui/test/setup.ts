import { afterEach } from "vitest";

// The language of the tests, whatever the machine speaks.
localStorage.setItem("inhouse.language", "en");

afterEach(() => {
  delete document.documentElement.dataset["ready"];
});

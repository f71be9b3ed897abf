// Notes when the parts of the next answer appear in the page, in milliseconds since Enter was
// pressed; `window.seen` is read at the end. Polling from outside would see them later.
const turns = () => document.querySelectorAll("[data-testid=turn]");
const next = turns().length;
const seen = { evidence: null, text: null, end: null, growths: 0 };
window.seen = seen;
let enter = null;

const look = () => {
  const turn = turns()[next];
  const answer = turn?.querySelector("[data-testid=answer]");
  if (!answer || enter === null) return;
  const now = performance.now() - enter;
  if (turn.querySelector("[data-testid=evidence-item]")) seen.evidence ??= now;
  if (turn.querySelector("[data-testid=writing]")) {
    seen.text ??= now;
    seen.growths++;
  }
  if (answer.dataset.state !== "streaming") {
    seen.end ??= now;
    observer.disconnect();
  }
};
const observer = new MutationObserver(look);
observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
addEventListener("keydown", (event) => event.key === "Enter" && (enter ??= performance.now()), { capture: true });

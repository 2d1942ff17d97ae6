// The line on which a page hears that something was stored.
import { find, words } from "./page.js";

// Many pages hear it at once and would all ask in the same moment: each waits a moment of its own, and longer where nobody
// looks (milliseconds).
const UNSEEN = 10_000;

export function line(refresh, spread = 0) {
  const stream = new EventSource("/live");
  let waiting = null;
  const now = () => {
    clearTimeout(waiting);
    waiting = null;
    refresh();
  };
  const soon = () => (waiting ??= setTimeout(now, Math.random() * (document.hidden && spread ? UNSEEN : spread)));
  const shine = (state, word) => {
    find("[data-live]").dataset.live = state;
    find("[data-live-word]").textContent = word;
  };
  stream.addEventListener("hello", () => (shine("on", words.live), soon()));
  stream.addEventListener("changed", soon);
  stream.addEventListener("error", () => shine("off", words.away));
  document.addEventListener("visibilitychange", () => !document.hidden && waiting && now());
  addEventListener("pagehide", () => stream.close());
}

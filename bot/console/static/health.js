// Fetches how the parts fare again when something was stored, and now and then: a part that hangs stores nothing.
import { children } from "./morph.js";
import { ago } from "./times.js";

const EVERY = 15_000; // milliseconds
const BREATH = 2_000; // milliseconds between two looks while much is going on
const place = document.querySelector("[data-parts]");
let waiting;

async function look() {
  waiting = undefined;
  if (document.hidden) return;
  try {
    const reply = await fetch("/health/parts");
    if (!reply.ok) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = await reply.text();
    children(place, fresh);
    ago();
  } catch {
    // Nobody answers; the next look comes by itself.
  }
}

const soon = () => (waiting ??= setTimeout(look, BREATH));
const line = new EventSource("/live");
line.addEventListener("hello", soon);
line.addEventListener("changed", soon);
document.addEventListener("visibilitychange", soon);
setInterval(look, EVERY);
setInterval(ago, 5_000);
ago();

// Draws columns of cards again when something was stored. What somebody reads or types stays where it is.
import { recall, settle } from "./forms.js";
import { children } from "./morph.js";
import { all, find, words } from "./page.js";
import { ago } from "./times.js";

const BREATH = 150; // milliseconds between two looks while much is going on, so that a busy desk costs its pages little
const READ = 700; // milliseconds for which a card whose words changed under the pointer takes no decision

// A function that looks now, or once more after the look that is under way.
export function looking(look) {
  let running = null;
  let again = false;
  return () => {
    again = true;
    running ??= (async () => {
      while (again) {
        again = false;
        await look();
        if (again) await new Promise((resolve) => setTimeout(resolve, BREATH));
      }
    })().finally(() => (running = null));
    return running;
  };
}

const tags = new WeakMap();
export async function draw(column, address) {
  let html;
  try {
    const known = tags.get(column);
    const reply = await fetch(address, known?.address === address ? { headers: { "if-none-match": known.tag } } : {});
    if (!reply.ok) return;
    html = await reply.text();
    if (reply.headers.has("etag")) tags.set(column, { address, tag: reply.headers.get("etag") });
  } catch {
    return; // the live line says that nobody answers, and asks again
  }
  const versions = new Map(all(".card:has(.buttons)", column).map((card) => [card.dataset.key, card.dataset.version]));
  const restore = position(column);
  children(column, new DOMParser().parseFromString(html, "text/html").body);
  for (const card of all(".card", column)) {
    const seen = versions.get(card.dataset.key);
    if (seen && seen !== card.dataset.version) redrawn(card);
  }
  restore();
  settled();
}

// What somebody is reading must not move under their eyes, and what they were on must keep the focus.
function position(column) {
  const box = column.matches(".scroll") ? column : document.scrollingElement;
  const tail = column.hasAttribute("data-tail") && box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const focus = document.activeElement;
  const anchor = (column.contains(focus) && focus.closest(".card, .thread")) || find(".card:hover, .thread:hover", column);
  const { top, state } = { top: anchor?.getBoundingClientRect().top, state: anchor?.dataset.state };
  return () => {
    if (tail) box.scrollTop = box.scrollHeight;
    else if (anchor?.isConnected && anchor.dataset.state === state) box.scrollTop += anchor.getBoundingClientRect().top - top;
    if (anchor?.isConnected && !focus.isConnected && document.activeElement === document.body) anchor.focus({ preventScroll: true });
  };
}

function redrawn(card) {
  card.dataset.fresh = "";
  const asked = all("form[data-ask]:not([hidden])", card);
  asked.forEach(settle);
  find(".answer", card).textContent = asked.length ? words.fresh : "";
  setTimeout(() => card.removeAttribute("data-fresh"), READ);
}

// After cards were drawn, by the server or anew: ages, kept text, and what went on while somebody typed.
export function settled() {
  ago();
  recall();
  for (const form of all(".card form[data-dirty]")) moved(form, form.closest(".card"));
}

export function entitle(waiting) {
  document.title = document.title.replace(/^(\(\d+\+?\) )?/, waiting === "0" ? "" : `(${waiting}) `);
}

// The card went on while somebody typed: say what changed, keep the text, and let it go only when it can be sent.
function moved(form, card) {
  const orphan = form.hasAttribute("data-orphan");
  const since = (step) => Number(step.dataset.version) > Number(form.dataset.seen);
  const told = all(".history li", card).filter(since).map((step) => find("span", step).textContent);
  find("button:not([type])", form).disabled = orphan;
  if (form.dataset.seen === card.dataset.version) return;
  const open = !card.classList.contains("shut");
  const what = (open && told.slice(-3).join(" ")) || card.dataset.headline;
  const sentences = [/[.!?]$/.test(what) ? what : `${what}.`, words.kept, orphan && open ? words.returns : ""];
  if (find(".moved", form).textContent !== sentences.join(" ")) find(".moved", form).textContent = sentences.join(" ");
  form.dataset.moved = "";
}

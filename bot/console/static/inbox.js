// The inbox: narrows down without loading the page again, and says who else is at a review.
import { deciding } from "./deciding.js";
import { draw, entitle, looking, settled } from "./columns.js";
import { leave, open } from "./forms.js";
import { listen } from "./keys.js";
import { line } from "./line.js";
import { menus } from "./menus.js";
import { all, find, post, reviewing } from "./page.js";
import { ago } from "./times.js";

const SPREAD = 600; // milliseconds over which the pages of a team ask after something was stored
const BEAT = 15_000; // how often a page says that its reader is still at a card
const AWAY = 60_000; // without a key or the pointer moving for so long, nobody is at it
const STAYING = 10; // cards that stay while somebody is at them, as many as the server lets

const column = find("[data-column=inbox]");
const listed = () => find("[data-waiting]", column);
const held = () => [...new Set(all(".card:has(form[data-dirty]), .card:focus-within", column).map((card) => card.dataset.review))];
// Somebody who has just decided with a click, and moved on, still sees what came of it.
const focused = () => document.activeElement?.closest(".card");

const refresh = looking(async () => {
  const query = new URLSearchParams(location.search);
  query.set("by", reviewing());
  query.set("keep", held().slice(0, STAYING).join(","));
  const [, answer] = await Promise.all([draw(column, `/inbox/cards?${query}`), neighbours()]);
  entitle(listed().dataset.waiting);
  show(answer);
});

// --- filters

function go(address, add = true) {
  if (add) history.pushState(null, "", address);
  const query = new URLSearchParams(location.search);
  for (const field of all("select", find("form.filters", column))) field.value = query.get(field.name) ?? field.dataset.plain ?? "";
  return refresh();
}

column.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-go]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(link.href).then(() => link.dataset.go === "page" && (scrollTo({ top: 0 }), find(".card", column)?.focus()));
});
function narrow(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && value !== form.elements[name].dataset?.plain));
  go(query.size ? `/inbox?${query}` : "/inbox");
}
column.addEventListener("change", (event) => {
  const form = event.target.closest("form.filters");
  if (form && !form.matches(":popover-open")) narrow(form);
});
column.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filters")) return;
  event.preventDefault();
  if (event.target.matches(":popover-open")) event.target.hidePopover();
  narrow(event.target);
});
addEventListener("popstate", () => go(location.href, false));
find("[data-reviewer]")?.addEventListener("change", refresh);

// --- who else is there

let said = "";
let active = Date.now();
let soon = null;

async function neighbours() {
  try {
    const reply = await fetch(`/inbox/here?by=${encodeURIComponent(reviewing())}`);
    return reply.ok ? await reply.json() : {};
  } catch {
    return {};
  }
}

function show({ here }) {
  if (!here) return;
  for (const place of all(".here", column)) {
    const sentence = here[place.closest(".card").dataset.review] ?? "";
    if (place.textContent !== sentence) place.textContent = sentence;
  }
}

function standing() {
  const card = document.hidden || Date.now() - active > AWAY ? null : focused();
  return { review: card?.dataset.review ?? "", typing: Boolean(card && find("form[data-dirty]", card)) };
}

async function beat(again = false) {
  clearTimeout(soon);
  soon = null;
  const now = standing();
  const same = JSON.stringify(now) === said;
  if (same && !(again && now.review)) return;
  if (!now.review && !said) return;
  said = now.review ? JSON.stringify(now) : "";
  show(await post("/inbox/here", { by: reviewing(), ...now }));
}

const stir = () => (soon ??= setTimeout(beat, 250));
for (const kind of ["focusin", "focusout", "input", "visibilitychange"]) document.addEventListener(kind, stir);
for (const kind of ["pointermove", "keydown", "scroll"]) document.addEventListener(kind, () => (active = Date.now()), { passive: true });
addEventListener("pagehide", () => said && post("/inbox/here", { by: reviewing(), review: "", typing: false }, { keepalive: true }));
setInterval(() => beat(true), BEAT);

deciding(refresh);
line(refresh, SPREAD);
listen({ find, all, open, leave });
menus();
settled();
entitle(listed().dataset.waiting);
setInterval(ago, 20_000);

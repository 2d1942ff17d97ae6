// The workspace: fetches a column again when something was stored, posts what was decided, and never loses typed text.
import { children } from "./morph.js";
import { fill, keep, leave, open, recall, settle } from "./forms.js";
import { listen } from "./keys.js";

const words = JSON.parse(document.getElementById("words").textContent);
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const READ = 700; // milliseconds for which a card that changed under the pointer takes no decision

// --- who speaks

const reviewer = find("[data-reviewer]");
const speaker = () => find(".speaker input:checked");
const by = (who) => (who === "customer" ? speaker().value : reviewer.value);
for (const [control, name] of [[reviewer, "reviewer"]]) {
  const before = sessionStorage.getItem(name);
  if (all("option", control).some((option) => option.value === before)) control.value = before;
  control.addEventListener("change", () => sessionStorage.setItem(name, control.value));
}

// --- saying what happened

let quiet;
function toast(sentence) {
  const place = find("[data-toast]");
  clearTimeout(quiet);
  place.textContent = sentence;
  if (sentence) quiet = setTimeout(() => (place.textContent = ""), 6000);
}

function tell(near, sentence) {
  const place = near.closest(".card, form, .thread")?.querySelector(".answer");
  if (place) place.textContent = sentence;
  else toast(sentence);
}

function times() {
  const ago = new Intl.RelativeTimeFormat("en", { style: "narrow", numeric: "auto" });
  for (const time of all("time[data-ago]")) {
    const at = new Date(time.getAttribute("datetime"));
    const seconds = Math.min(0, (at - Date.now()) / 1000);
    const [size, unit] = seconds > -60 ? [0, "second"] : seconds > -3600 ? [60, "minute"] : seconds > -86400 ? [3600, "hour"] : [86400, "day"];
    time.textContent = ago.format(size && Math.round(seconds / size), unit);
    time.title = at.toLocaleString();
  }
}

// --- the two columns

let running = null;
let again = false;
export function refresh() {
  again = true;
  running ??= (async () => {
    while (again) {
      again = false;
      await Promise.all([update("reviews", "/columns/reviews"), update("channel", `/columns/channel?speaker=${encodeURIComponent(by("customer"))}`)]);
    }
  })().finally(() => (running = null));
  return running;
}

async function update(name, address) {
  let html;
  try {
    const reply = await fetch(address);
    if (!reply.ok) return;
    html = await reply.text();
  } catch {
    return; // the live line says that nobody answers, and asks again
  }
  const column = find(`[data-column=${name}]`);
  const versions = new Map(all(".card", column).map((card) => [card.dataset.key, card.dataset.version]));
  const restore = position(column);
  children(column, new DOMParser().parseFromString(html, "text/html").body);
  for (const card of all(".card", column)) {
    const before = versions.get(card.dataset.key);
    if (before && before !== card.dataset.version) redrawn(card);
  }
  restore();
  after();
}

// What somebody is reading must not move under their eyes, and what they were on must keep the focus.
function position(column) {
  const tail = column.hasAttribute("data-tail") && column.scrollHeight - column.scrollTop - column.clientHeight < 40;
  const focus = document.activeElement;
  const anchor = (column.contains(focus) && focus.closest(".card, .thread")) || find(".card:hover, .thread:hover", column);
  const top = anchor?.getBoundingClientRect().top;
  const state = anchor?.dataset.state;
  return () => {
    if (tail) column.scrollTop = column.scrollHeight;
    else if (anchor?.isConnected && anchor.dataset.state === state) column.scrollTop += anchor.getBoundingClientRect().top - top;
    if (anchor?.isConnected && column.contains(anchor) && !document.activeElement?.closest(".card, .thread, input, textarea, select, button, dialog")) {
      if (focus !== document.body && !focus.isConnected) anchor.focus({ preventScroll: true });
    }
  };
}

function redrawn(card) {
  card.dataset.fresh = "";
  find(".answer", card).textContent = "";
  setTimeout(() => card.removeAttribute("data-fresh"), READ);
}

function after() {
  times();
  recall();
  for (const form of all(".card form[data-dirty]")) moved(form, form.closest(".card"));
  const waiting = find("[data-waiting]").dataset.waiting;
  find("[data-count]").textContent = waiting;
  document.title = document.title.replace(/^(\(\d+\) )?/, waiting === "0" ? "" : `(${waiting}) `);
}

// The card went on while somebody typed: say what changed, keep the text, and let it go only when it can be sent.
function moved(form, card) {
  const orphan = form.hasAttribute("data-orphan");
  find("button:not([type])", form).disabled = orphan;
  if (form.dataset.seen === card.dataset.version) return;
  const open = !card.classList.contains("shut");
  const what = (open && card.dataset.moved) || card.dataset.headline || words.changed;
  const full = /[.!?]$/.test(what) ? what : `${what}.`;
  const sentence = [full, words.kept, orphan && open ? words.returns : ""].join(" ").trim();
  const place = find(".moved", form);
  if (place.textContent !== sentence) place.textContent = sentence;
  form.dataset.moved = "";
}

// --- posting

async function post(address, body) {
  try {
    const headers = { "content-type": "application/json", "x-countersign": "page" };
    const reply = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
    return await reply.json();
  } catch {
    return { done: false, sentence: words.failed };
  }
}

async function decide(card, address, form) {
  if ("busy" in card.dataset) return;
  if ("fresh" in card.dataset) return tell(card, words.fresh);
  card.dataset.busy = "";
  const fields = form ? Object.fromEntries(new FormData(form)) : {};
  const answer = await post(address, { by: reviewer.value, version: Number(card.dataset.version), fields });
  card.removeAttribute("data-busy");
  if (answer.done && form) settle(form);
  tell(card, answer.done ? "" : answer.sentence);
  if (answer.done) toast(answer.sentence);
  card.focus({ preventScroll: true });
  await refresh();
  if (!answer.done) tell(card, answer.sentence);
}

// A message that may have been stored although no answer came must not be stored twice, so the same text keeps its nonce.
const nonces = new Map();
function nonce(place, text) {
  const known = nonces.get(place);
  if (known?.text !== text) nonces.set(place, { text, id: crypto.randomUUID() });
  return nonces.get(place).id;
}

async function speak(source, form) {
  const { post: address, speak: who } = { ...form?.dataset, ...source.dataset };
  const { ref, root = "" } = (form ?? source).dataset;
  const text = form?.elements.text.value ?? "";
  if (form && !text.trim()) return tell(form, words.nothing);
  if ("busy" in source.dataset) return;
  source.dataset.busy = "";
  const place = form?.dataset.key ?? ref;
  const answer = await post(address, ref ? { by: by(who), ref, text } : { by: by(who), root, text, nonce: nonce(place, text) });
  source.removeAttribute("data-busy");
  if (answer.done) nonces.delete(place);
  if (form) tell(form, answer.done ? "" : answer.sentence);
  if (answer.done || !form) toast(answer.sentence);
  if (answer.done && form) settle(form);
  await refresh();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  const card = form.closest(".card");
  if (card) decide(card, form.dataset.post, form);
  else speak(event.submitter ?? form, form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { open: form, post: address, sample, show } = button.dataset;
  if (form) open(button);
  else if (button.hasAttribute("data-leave")) leave(button.closest("form"));
  else if (address && button.closest(".card") && !button.form) decide(button.closest(".card"), address, null);
  else if (address && !button.form) speak(button, null);
  else if (sample) use(sample);
  else if (show) tab(show);
  else if (button.hasAttribute("data-help")) find("[data-help-page]").showModal();
});

// --- the rest of the page

function use(sample) {
  const composer = find("form[data-key=new]");
  fill(composer, { text: sample });
  keep(composer);
  find("[data-samples]").open = false;
  composer.elements.text.focus();
}

function tab(name) {
  document.body.dataset.tab = name;
  for (const button of all("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === name));
}

for (const input of all(".speaker input")) input.addEventListener("change", refresh);

document.addEventListener("focusin", (event) => {
  const refs = new Set(event.target.closest?.(".card")?.dataset.refs.split(" "));
  if (!event.target.closest?.(".card")) return;
  for (const thread of all(".thread")) {
    const linked = all("[data-ref]", thread).some((post) => refs.has(post.dataset.ref));
    thread.toggleAttribute("data-linked", linked);
    if (linked) thread.scrollIntoView({ block: "nearest" });
  }
});

const line = new EventSource("/live");
const light = find("[data-live]");
function shine(state, word) {
  light.dataset.live = state;
  find("[data-live-word]").textContent = word;
}
line.addEventListener("hello", () => (shine("on", words.live), refresh()));
line.addEventListener("changed", refresh);
line.addEventListener("error", () => shine("off", words.away));
addEventListener("pagehide", () => line.close());

listen({ find, all, open, leave });
find("[data-column=channel]").scrollTop = find("[data-column=channel]").scrollHeight;
if (!find(".thread")) find("[data-samples]").open = true;
after();
setInterval(times, 20_000);

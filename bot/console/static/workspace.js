// The workspace: fetches a column again when something was stored, posts what was decided, and never loses typed text.
import { fill, keep, leave, open, recall, settle } from "./forms.js";
import { listen } from "./keys.js";
import { menus } from "./menus.js";
import { children } from "./morph.js";
import { ago } from "./times.js";

const words = JSON.parse(document.getElementById("words").textContent);
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const BREATH = 150; // milliseconds between two looks while much is going on, so that a busy desk costs its pages little
const READ = 700; // milliseconds for which a card whose words changed under the pointer takes no decision

// Who speaks. Two tabs may be two reviewers.
const reviewer = find("[data-reviewer]");
const by = (who) => (who === "customer" ? find(".speaker input:checked").value : reviewer.value);
const before = sessionStorage.getItem("reviewer");
if (all("option", reviewer).some((option) => option.value === before)) reviewer.value = before;
reviewer.addEventListener("change", () => sessionStorage.setItem("reviewer", reviewer.value));

let fading;
function toast(sentence) {
  clearTimeout(fading);
  find("[data-toast]").textContent = sentence;
  fading = setTimeout(() => (find("[data-toast]").textContent = ""), 6000);
}

function tell(near, sentence) {
  const place = near.closest(".card, form")?.querySelector(".answer");
  if (place) place.textContent = sentence;
  else toast(sentence);
}

// --- the two columns

let running = null;
let again = false;
function refresh() {
  again = true;
  running ??= (async () => {
    while (again) {
      again = false;
      await Promise.all([update("reviews", location.search), update("channel", `?speaker=${encodeURIComponent(by("customer"))}`)]);
      if (again) await new Promise((resolve) => setTimeout(resolve, BREATH));
    }
  })().finally(() => (running = null));
  return running;
}

async function update(name, query) {
  let html;
  try {
    const reply = await fetch(`/columns/${name}${query}`);
    if (!reply.ok) return;
    html = await reply.text();
  } catch {
    return; // the live line says that nobody answers, and asks again
  }
  const column = find(`[data-column=${name}]`);
  const versions = new Map(all(".card:has(.buttons)", column).map((card) => [card.dataset.key, card.dataset.version]));
  const restore = position(column);
  children(column, new DOMParser().parseFromString(html, "text/html").body);
  for (const card of all(".card", column)) {
    const seen = versions.get(card.dataset.key);
    if (seen && seen !== card.dataset.version) redrawn(card);
  }
  restore();
  after();
}

// What somebody is reading must not move under their eyes, and what they were on must keep the focus.
function position(column) {
  const tail = column.hasAttribute("data-tail") && column.scrollHeight - column.scrollTop - column.clientHeight < 40;
  const focus = document.activeElement;
  const anchor = (column.contains(focus) && focus.closest(".card, .thread")) || find(".card:hover, .thread:hover", column);
  const { top, state } = { top: anchor?.getBoundingClientRect().top, state: anchor?.dataset.state };
  return () => {
    if (tail) column.scrollTop = column.scrollHeight;
    else if (anchor?.isConnected && anchor.dataset.state === state) column.scrollTop += anchor.getBoundingClientRect().top - top;
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

function after() {
  ago();
  recall();
  for (const form of all(".card form[data-dirty]")) moved(form, form.closest(".card"));
  const { waiting } = find("[data-waiting]").dataset;
  find("[data-count]").textContent = waiting;
  document.title = document.title.replace(/^(\(\d+\) )?/, waiting === "0" ? "" : `(${waiting}) `);
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
  if (answer.done) {
    if (form) settle(form);
    toast(answer.sentence);
    card.focus({ preventScroll: true });
  }
  await refresh();
  tell(card, answer.done ? "" : answer.sentence);
}

// A message that may have been stored although no answer came must not be stored twice: the same text keeps its nonce.
const nonces = new Map();
function nonce(place, text) {
  if (nonces.get(place)?.text !== text) nonces.set(place, { text, id: crypto.randomUUID() });
  return nonces.get(place).id;
}

async function speak(source, form) {
  const { post: address, speak: who } = { ...form?.dataset, ...source.dataset };
  const { ref, root = "", key } = (form ?? source).dataset;
  const text = form?.elements.text.value ?? "";
  if (form && !text.trim()) return tell(form, words.nothing);
  const holder = form ?? source;
  if ("busy" in holder.dataset) return;
  holder.dataset.busy = "";
  const answer = await post(address, ref ? { by: by(who), ref, text } : { by: by(who), root, text, nonce: nonce(key, text) });
  holder.removeAttribute("data-busy");
  if (form) tell(form, answer.done ? "" : answer.sentence);
  if (answer.done || !form) toast(answer.sentence);
  if (answer.done) nonces.delete(key);
  if (answer.done && form) settle(form);
  await refresh();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  if (form.closest(".card")) decide(form.closest(".card"), form.dataset.post, form);
  else speak(event.submitter ?? form, form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { post: address, sample, show } = button.dataset;
  if (button.dataset.open) open(button);
  else if (button.hasAttribute("data-leave")) leave(button.form);
  else if (address && !button.form) button.closest(".card") ? decide(button.closest(".card"), address, null) : speak(button, null);
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
  const card = event.target.closest(".card");
  const refs = new Set(card?.dataset.refs.split(" "));
  if (!card) return;
  for (const thread of all(".thread")) {
    const linked = all("[data-ref]", thread).some((said) => refs.has(said.dataset.ref));
    thread.toggleAttribute("data-linked", linked);
    if (linked) thread.scrollIntoView({ block: "nearest" });
  }
});

const line = new EventSource("/live");
function shine(state, word) {
  find("[data-live]").dataset.live = state;
  find("[data-live-word]").textContent = word;
}
line.addEventListener("hello", () => (shine("on", words.live), refresh()));
line.addEventListener("changed", refresh);
line.addEventListener("error", () => shine("off", words.away));
addEventListener("pagehide", () => line.close());

listen({ find, all, open, leave });
menus();
find("[data-column=channel]").scrollTop = find("[data-column=channel]").scrollHeight;
find("[data-samples]").open = !find(".thread");
after();
setInterval(ago, 20_000);

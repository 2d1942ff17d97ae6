// The workspace: the support channel beside the cards, where one is customer and reviewer at once.
import { deciding } from "./deciding.js";
import { draw, entitle, looking, settled } from "./columns.js";
import { fill, keep, leave, open, settle } from "./forms.js";
import { listen } from "./keys.js";
import { line } from "./line.js";
import { menus } from "./menus.js";
import { all, find, post, reviewing, tell, toast, words } from "./page.js";
import { ago } from "./times.js";

const by = (who) => (who === "customer" ? find(".speaker input:checked").value : reviewing());
const column = (name) => find(`[data-column=${name}]`);

const refresh = looking(async () => {
  const speaker = encodeURIComponent(by("customer"));
  await Promise.all([
    draw(column("reviews"), `/columns/reviews${location.search}`),
    draw(column("channel"), `/columns/channel?speaker=${speaker}`),
  ]);
  count();
});

function count() {
  const { waiting } = find("[data-waiting]").dataset;
  find("[data-count]").textContent = waiting;
  entitle(waiting);
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
  if (!form || form.closest(".card")) return;
  event.preventDefault();
  speak(event.submitter ?? form, form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { post: address, sample, show } = button.dataset;
  if (address && !button.form && !button.closest(".card")) speak(button, null);
  else if (sample) use(sample);
  else if (show) tab(show);
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

deciding(refresh);
line(refresh);
listen({ find, all, open, leave });
menus();
column("channel").scrollTop = column("channel").scrollHeight;
find("[data-samples]").open = !find(".thread");
settled();
count();
setInterval(ago, 20_000);

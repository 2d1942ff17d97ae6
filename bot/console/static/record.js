// Says how far an export and the check of the record are. Without this, an export is a plain download.
import { send } from "./post.js";

const PAUSE = 500;
const number = new Intl.NumberFormat();
const later = (work) => setTimeout(work, PAUSE);

function told(place, sentence, done, total) {
  place.hidden = false;
  place.querySelector("progress").value = total ? done / total : 0;
  return sentence.replace("{done}", number.format(done)).replace("{total}", number.format(total ?? 0));
}

const exporting = document.querySelector("[data-exporting]");

async function watch(name) {
  const said = exporting.querySelector("[data-said]");
  const answer = await fetch(`/audit/export/progress?watch=${name}`);
  if (!answer.ok) return;
  const { done, total, over, failed } = await answer.json();
  const sentence = failed ? said.dataset.failed : over ? said.dataset.over : said.dataset.going;
  said.textContent = told(exporting, sentence, done, total);
  if (!over && !failed) later(() => watch(name));
}

for (const link of document.querySelectorAll("[data-export]")) {
  const plain = link.href;
  link.addEventListener("click", () => {
    const name = crypto.randomUUID();
    link.href = `${plain}&watch=${name}`;
    later(() => watch(name));
  });
}

const checking = document.querySelector("[data-checking]");
const button = document.querySelector("[data-verify]");

async function look() {
  const said = checking.querySelector("[data-said]");
  const answer = await fetch("/audit/verify");
  if (!answer.ok) return later(look);
  const { state, done, total, sentences } = await answer.json();
  checking.dataset.state = state;
  button.disabled = state === "running";
  if (state === "running") {
    said.textContent = told(checking, said.dataset.going, done, total);
    return later(look);
  }
  checking.querySelector("progress").value = 1;
  said.replaceChildren(...sentences.map((sentence) => {
    const line = document.createElement("p");
    line.dir = "auto";
    line.textContent = sentence;
    return line;
  }));
}

button.addEventListener("click", async () => {
  const said = checking.querySelector("[data-said]");
  button.disabled = true;
  const { done, sentence } = await send("/audit/verify");
  checking.hidden = false;
  if (done) return look();
  said.textContent = sentence;
  button.disabled = false;
});
if (checking.dataset.state === "running") look();

// Templates: forms that answer in place, an editor that is checked while one types, and trials that are watched.
import { send } from "./post.js";
import { ago } from "./times.js";

const BREATH = 400; // milliseconds of quiet after which the text is checked
const GLANCE = 1_500; // milliseconds between two looks at a trial
const find = (selector, within = document) => within.querySelector(selector);

function fields(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || (field.value === "" && !field.required && field.type === "number")) continue;
    values[field.name] = field.type === "number" || /^(version|base|against|cases)$/.test(field.name) ? Number(field.value) : field.value;
  }
  return values;
}

let leaving = false;
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-send]");
  if (!form) return;
  event.preventDefault();
  if ("busy" in form.dataset) return;
  form.dataset.busy = "";
  find(".answer", form).textContent = "";
  const answer = await send(form.dataset.send, fields(form));
  delete form.dataset.busy;
  if (answer.go) {
    leaving = true;
    if (location.pathname + location.search === answer.go) location.reload();
    else location.assign(answer.go);
  } else {
    find(".answer", form).textContent = answer.sentence;
  }
});

// --- the editor

const editor = find("form[data-editor]");
if (editor) {
  const text = editor.elements.text;
  const list = find("[data-faults] ul");
  const head = find("[data-faults-head]");
  let waiting;
  let asked = 0;

  const show = ({ problems, sentence }) => {
    if (!problems) return;
    head.textContent = sentence;
    head.classList.toggle("fine", !problems.length);
    list.replaceChildren(
      ...problems.map(({ line, reason }) => {
        const item = document.createElement("li");
        const button = Object.assign(document.createElement("button"), { type: "button", className: "fault" });
        button.dataset.line = line;
        if (line) button.append(Object.assign(document.createElement("span"), { className: "line-no", textContent: line }));
        button.append(Object.assign(document.createElement("span"), { textContent: reason }));
        item.append(button);
        return item;
      }),
    );
  };
  const check = async () => {
    const turn = ++asked;
    const answer = await send(editor.dataset.check, { text: text.value });
    if (turn === asked) show(answer);
  };
  const count = () => {
    const most = Number(text.dataset.most);
    const length = [...text.value].length;
    find("[data-size]").textContent = `${length} / ${most}`;
    find("[data-size]").classList.toggle("wrong", length > most);
  };
  const where = () => {
    const before = text.value.slice(0, text.selectionStart).split("\n");
    find("[data-where]").textContent = `${before.length}:${before.at(-1).length + 1}`;
  };
  text.addEventListener("input", () => {
    count();
    clearTimeout(waiting);
    waiting = setTimeout(check, BREATH);
  });
  document.addEventListener("selectionchange", () => document.activeElement === text && where());
  find("[data-check-now]").addEventListener("click", check);
  list.addEventListener("click", (event) => {
    const line = Number(event.target.closest("[data-line]")?.dataset.line);
    if (!line) return;
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && text.value !== text.defaultValue) event.preventDefault();
  });
  count();
}

// --- a trial that is under way

const place = find("[data-now]");
const going = () => find("[data-going]", place);
async function watch() {
  while (going()) {
    await new Promise((resolve) => setTimeout(resolve, GLANCE));
    const reply = await fetch(place.dataset.now).catch(() => null);
    if (reply?.ok) place.replaceChildren(...new DOMParser().parseFromString(await reply.text(), "text/html").body.childNodes);
  }
}
if (place) watch();
ago();

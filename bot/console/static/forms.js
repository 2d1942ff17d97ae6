// Forms that open in place, and the text in them: kept in the tab until it was sent or thrown away, also over a reload.
const SHELF = "typed";
const kept = JSON.parse(sessionStorage.getItem(SHELF) ?? "{}");
const store = () => sessionStorage.setItem(SHELF, JSON.stringify(kept));
const opener = (form) => document.querySelector(`[data-open="${CSS.escape(form.dataset.key)}"]`);

export function fill(form, values) {
  for (const [name, value] of Object.entries(values)) if (form.elements[name]) form.elements[name].value = value;
}

function changed(form) {
  return [...form.querySelectorAll("textarea, input:not([type=radio])")].some((field) => field.value !== field.defaultValue);
}

export function keep(form) {
  const name = form.dataset.key;
  if (changed(form)) {
    form.dataset.dirty = "";
    form.dataset.seen ??= form.closest(".card")?.dataset.version ?? "";
    kept[name] = Object.fromEntries(new FormData(form));
  } else {
    delete form.dataset.dirty;
    delete form.dataset.seen;
    delete kept[name];
  }
  store();
  for (const field of form.querySelectorAll("[data-limit]")) count(field);
}

function count(field) {
  const length = [...field.value].length;
  const limit = Number(field.dataset.limit);
  const place = field.parentElement.querySelector(".left");
  place.textContent = length > limit * 0.8 ? `${length} / ${limit}` : "";
  place.classList.toggle("over", length > limit);
}

export function recall() {
  for (const [name, values] of Object.entries(kept)) {
    const form = document.querySelector(`form[data-key="${CSS.escape(name)}"]`);
    if (!form || "dirty" in form.dataset) continue;
    delete values.speaker;
    fill(form, values);
    if (form.hidden) show(form, true);
    keep(form);
  }
}

function show(form, visible) {
  form.hidden = !visible;
  const button = opener(form);
  if (button?.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", String(visible));
}

export function open(button) {
  const form = document.querySelector(`form[data-key="${CSS.escape(button.dataset.open)}"]`);
  if (!form) return;
  if (!form.hidden) return leave(form);
  for (const other of form.parentElement.querySelectorAll("form:not([hidden])")) if (!("dirty" in other.dataset)) show(other, false);
  show(form, true);
  form.querySelector("textarea, input")?.focus();
  form.scrollIntoView({ block: "nearest" });
}

export function settle(form) {
  delete kept[form.dataset.key];
  store();
  for (const name of ["dirty", "seen", "moved"]) delete form.dataset[name];
  const orphan = form.hasAttribute("data-orphan");
  const speaker = form.elements.speaker?.value;
  form.reset();
  if (speaker) form.elements.speaker.value = speaker;
  if (form.classList.contains("inline")) show(form, false);
  const moved = form.querySelector(".moved");
  if (moved) moved.textContent = "";
  if (orphan) form.remove();
}

export function leave(form) {
  const back = opener(form) ?? form.closest(".card");
  settle(form);
  back?.focus();
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-post]");
  if (form) keep(form);
});

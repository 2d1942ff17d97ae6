// Forms that open in place, and the text in them: kept in the tab until it was sent or thrown away, also over a reload.
const SHELF = "typed";
const kept = JSON.parse(sessionStorage.getItem(SHELF) ?? "{}");
const store = () => sessionStorage.setItem(SHELF, JSON.stringify(kept));
const named = (key) => document.querySelector(`form[data-key="${CSS.escape(key)}"]`);
const opener = (form) => document.querySelector(`[data-open="${CSS.escape(form.dataset.key)}"]`);

export function fill(form, values) {
  for (const [name, value] of Object.entries(values)) if (form.elements[name]) form.elements[name].value = value;
}

export function keep(form) {
  const fields = [...form.querySelectorAll("textarea, input:not([type=radio])")];
  if (fields.some((field) => field.value !== field.defaultValue)) {
    form.dataset.dirty = "";
    form.dataset.seen ??= form.closest(".card")?.dataset.version ?? "";
    const { speaker, ...values } = Object.fromEntries(new FormData(form));
    kept[form.dataset.key] = { values, seen: form.dataset.seen };
    store();
  } else {
    forget(form);
  }
  for (const field of fields) if (field.dataset.limit) count(field, Number(field.dataset.limit));
}

function count(field, limit) {
  const { length } = [...field.value];
  const place = field.parentElement.querySelector(".left");
  place.textContent = length > limit * 0.8 ? `${length} / ${limit}` : "";
  place.classList.toggle("over", length > limit);
}

// Puts typed text back where its form has come back: after a reload, or with the next draft.
export function recall() {
  for (const [key, { values, seen }] of Object.entries(kept)) {
    const form = named(key);
    if (!form || "dirty" in form.dataset) continue;
    fill(form, values);
    form.dataset.seen = seen;
    if (form.hidden) show(form, true);
    keep(form);
  }
}

function forget(form) {
  delete kept[form.dataset.key];
  store();
  for (const name of ["dirty", "seen", "moved"]) delete form.dataset[name];
}

function show(form, visible) {
  form.hidden = !visible;
  const button = opener(form);
  if (button?.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", String(visible));
}

export function open(button) {
  const form = named(button.dataset.open);
  if (!form.hidden) return leave(form);
  for (const other of form.parentElement.querySelectorAll("form:not([hidden], [data-dirty])")) show(other, false);
  button.closest("details.menu")?.removeAttribute("open");
  show(form, true);
  // A question that is answered with yes or no begins at no.
  form.querySelector("textarea, input, [data-leave]").focus();
  form.scrollIntoView({ block: "nearest" });
}

export function settle(form) {
  forget(form);
  for (const field of form.querySelectorAll("textarea, input:not([name=speaker])")) {
    field.value = field.type === "radio" ? field.value : field.defaultValue;
    field.checked = field.defaultChecked;
  }
  for (const place of form.querySelectorAll(".moved, .left, .answer")) place.textContent = "";
  if (form.hasAttribute("data-orphan")) form.remove();
  else if (form.classList.contains("inline")) show(form, false);
}

export function leave(form) {
  const button = opener(form);
  const menu = button?.closest("details.menu:not([open])");
  settle(form);
  (menu?.querySelector("summary") ?? button ?? form.closest(".card"))?.focus();
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-post]");
  if (form) keep(form);
});

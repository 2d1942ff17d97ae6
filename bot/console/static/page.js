// What the live pages share: finding things, saying something, posting.
export { send as post } from "./post.js";

export const words = JSON.parse(document.getElementById("words").textContent);
export const find = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

let fading;
export function toast(sentence) {
  clearTimeout(fading);
  find("[data-toast]").textContent = sentence;
  fading = setTimeout(() => (find("[data-toast]").textContent = ""), 6000);
}

export function tell(near, sentence) {
  const place = near.closest(".card, form")?.querySelector(".answer");
  if (place) place.textContent = sentence;
  else toast(sentence);
}

// Who decides where nobody signs in. Two tabs may be two reviewers.
const reviewer = find("[data-reviewer]");
export const reviewing = () => reviewer?.value ?? "";
if (reviewer) {
  const before = sessionStorage.getItem("reviewer");
  if (all("option", reviewer).some((option) => option.value === before)) reviewer.value = before;
  reviewer.addEventListener("change", () => sessionStorage.setItem("reviewer", reviewer.value));
}

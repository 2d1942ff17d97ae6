// Searches that are kept: the page is drawn again when one was added or deleted.
import { post, tell } from "./page.js";

async function change(address, body, near) {
  const answer = await post(address, body);
  if (answer.done) location.reload();
  else tell(near, answer.sentence);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-keep]");
  if (!form) return;
  event.preventDefault();
  change("/audit/searches", { name: form.elements.name.value, query: form.dataset.keep }, form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-forget]");
  if (button) change("/audit/searches/delete", { name: button.dataset.forget }, button);
});

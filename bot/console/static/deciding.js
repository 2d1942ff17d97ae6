// The buttons and forms of cards.
import { leave, open, settle } from "./forms.js";
import { post, reviewing, tell, toast, words } from "./page.js";

export function deciding(refresh) {
  async function decide(card, address, form) {
    if ("busy" in card.dataset) return;
    if ("fresh" in card.dataset) return tell(card, words.fresh);
    card.dataset.busy = "";
    const fields = form ? Object.fromEntries(new FormData(form)) : {};
    const answer = await post(address, { by: reviewing(), version: Number(card.dataset.version), fields });
    card.removeAttribute("data-busy");
    if (answer.done) {
      if (form) settle(form);
      toast(answer.sentence);
      card.focus({ preventScroll: true });
    }
    await refresh();
    tell(card, answer.done ? "" : answer.sentence);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".card form[data-post]");
    if (!form) return;
    event.preventDefault();
    decide(form.closest(".card"), form.dataset.post, form);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.open) open(button);
    else if (button.hasAttribute("data-leave")) leave(button.form);
    else if (button.matches(".card [data-post]") && !button.form) decide(button.closest(".card"), button.dataset.post, null);
    else if (button.hasAttribute("data-help")) document.querySelector("[data-help-page]").showModal();
  });
}

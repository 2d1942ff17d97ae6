// One letter decides on the card that has the focus, and only there, so that nothing is approved from afar.
export function listen({ find, all, open, leave }) {
  const help = find("[data-help-page]");
  const on = find("[data-keys]");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("textarea, input:not([type=radio]):not([type=checkbox]), select");
    const form = event.target.closest?.("form[data-post]");
    if (event.key === "Escape" && form?.matches(".inline") && !("dirty" in form.dataset)) return leave(form);
    if (event.key === "Enter" && event.target.matches?.("textarea") && !event.isComposing) {
      const chat = form && !form.closest(".card") && !event.shiftKey;
      if (chat || event.ctrlKey || event.metaKey) {
        event.preventDefault();
        form.requestSubmit(find("button.primary, button.danger", form));
      }
      return;
    }
    if (typing || help.open || !on.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "?") help.showModal();
    else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else press(event);
  });

  function step(way) {
    const cards = all(".card");
    const here = cards.indexOf(document.activeElement?.closest(".card"));
    const next = here < 0 ? (way > 0 ? 0 : cards.length - 1) : Math.min(cards.length - 1, Math.max(0, here + way));
    cards[next]?.focus({ preventScroll: true });
    cards[next]?.scrollIntoView({ block: "nearest" });
  }

  function press(event) {
    const card = document.activeElement?.closest(".card");
    if (!card || !/^[a-z]$/.test(event.key)) return;
    const button = find(`button[aria-keyshortcuts="${event.key}"]`, card);
    if (!button?.checkVisibility()) return;
    event.preventDefault();
    if (button.dataset.open) open(button);
    else button.click();
  }
}

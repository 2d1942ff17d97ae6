// A menu closes when something in it was chosen, when a click or the focus goes elsewhere, and on Escape.
export function menus() {
  const shut = (menu) => menu?.removeAttribute("open");
  const leave = ({ target }) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) shut(menu);
  };
  document.addEventListener("focusin", leave);
  document.addEventListener("click", (event) => {
    leave(event);
    shut(event.target.closest("details.menu button")?.closest("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
    if (!menu) return;
    shut(menu);
    menu.querySelector("summary").focus();
  });
}

// Signing out, from any page.
import { send } from "./post.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-sign-out]");
  if (!button) return;
  button.disabled = true;
  await send(button.dataset.signOut);
  // What was typed here is not for whoever comes next.
  sessionStorage.clear();
  location.assign("/signin");
});

// Pauses drafting and lets it go on. The page is loaded again, so that it says who did.
import { send } from "./post.js";
import { ago } from "./times.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-pause]");
  if (!form) return;
  event.preventDefault();
  const answer = form.querySelector("[data-answer]");
  const body = { paused: form.dataset.paused === "true", by: new FormData(form).get("by") ?? "" };
  form.querySelector("button").disabled = true;
  const { done, sentence } = await send(form.dataset.pause, body);
  if (done) return location.reload();
  answer.textContent = sentence;
  form.querySelector("button").disabled = false;
});
ago();

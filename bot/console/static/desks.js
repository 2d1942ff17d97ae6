// Pauses drafting and lets it go on. The page is loaded again, so that it says who did.
import { ours } from "./post.js";
import { ago } from "./times.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-pause]");
  if (!form) return;
  event.preventDefault();
  const answer = form.querySelector("[data-answer]");
  const body = { paused: form.dataset.paused === "true", by: new FormData(form).get("by") ?? "" };
  form.querySelector("button").disabled = true;
  try {
    const headers = { "content-type": "application/json", ...ours() };
    const reply = await fetch(form.dataset.pause, { method: "POST", headers, body: JSON.stringify(body) });
    const { done, sentence } = await reply.json();
    if (done) return location.reload();
    answer.textContent = sentence;
  } catch {
    answer.textContent = answer.dataset.failed;
  }
  form.querySelector("button").disabled = false;
});
ago();

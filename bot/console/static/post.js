// What every request that changes something carries: only a page of ours knows it, and only the page of whoever is signed in.
export const ours = () => ({ "x-countersign": document.documentElement.dataset.proof || "page" });

// Posts and returns { done, sentence }; throws when nobody answers.
export async function send(address, body = {}) {
  const headers = { "content-type": "application/json", ...ours() };
  const reply = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  return reply.json();
}

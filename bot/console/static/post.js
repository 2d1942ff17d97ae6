// How every page of ours changes something.
const page = document.documentElement.dataset;

// Posts and returns { done, sentence }, also when nobody answers. The proof is known only to a page that was made for whoever is
// signed in; `more` are further options of fetch.
export async function send(address, body = {}, more = {}) {
  try {
    const headers = { "content-type": "application/json", "x-countersign": page.proof || "page" };
    const reply = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), ...more });
    return await reply.json();
  } catch {
    return { done: false, sentence: page.away };
  }
}

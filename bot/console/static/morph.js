// Makes a part of the page equal to what the server drew, touching only what differs: focus, caret, scroll position and
// half-written text stay because their elements stay.
//   data-key   which element is which, among its siblings
//   data-own   the page fills this one itself: leave its inside alone
//   data-mine  these attributes belong to the page: leave them alone
//   data-dirty somebody is typing in this form: never take it away, mark it data-orphan instead

const key = (node) => (node.nodeType === 1 ? node.getAttribute("data-key") : null);
const typed = (node) => node.nodeType === 1 && (node.matches("form[data-dirty]") || node.querySelector("form[data-dirty]"));

export function morph(old, fresh) {
  if (old.nodeType !== 1) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  old.removeAttribute("data-orphan");
  attributes(old, fresh);
  if (!old.hasAttribute("data-own")) children(old, fresh);
}

function attributes(old, fresh) {
  const mine = new Set((fresh.getAttribute("data-mine") ?? "").split(" "));
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !mine.has(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (!mine.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
}

export function children(old, fresh) {
  const known = new Map([...old.children].filter(key).map((node) => [key(node), node]));
  const wanted = new Set([...fresh.children].map(key));
  let at = old.firstChild;
  const drop = () => {
    const next = at.nextSibling;
    if (!typed(at)) at.remove();
    else if (at.matches("form")) at.setAttribute("data-orphan", "");
    at = next;
  };
  for (const want of [...fresh.childNodes]) {
    while (at && key(at) && !wanted.has(key(at))) drop();
    const name = key(want);
    const have = name ? known.get(name) : at && !key(at) && at.nodeName === want.nodeName ? at : null;
    if (!have || have.nodeName !== want.nodeName) {
      old.insertBefore(document.importNode(want, true), at);
    } else {
      if (have === at) at = at.nextSibling;
      else if (old.moveBefore) old.moveBefore(have, at);
      else old.insertBefore(have, at);
      morph(have, want);
    }
  }
  while (at) drop();
}

// The page is patched: an element stays as long as what it shows, so that scrolling,
// selection and focus survive.

export function setText(el, text) {
  if (el.textContent === text) return;
  if (el.childNodes.length === 1 && el.firstChild.nodeType === Node.TEXT_NODE) el.firstChild.data = text;
  else el.textContent = text;
}

export function setClass(el, name, on) {
  if (el.classList.contains(name) !== Boolean(on)) el.classList.toggle(name, Boolean(on));
}

export function setAttribute(el, name, value) {
  if (value === null) { if (el.hasAttribute(name)) el.removeAttribute(name); return; }
  if (el.getAttribute(name) !== String(value)) el.setAttribute(name, value);
}

export function setHidden(el, hidden) { if (el.hidden !== hidden) el.hidden = hidden; }

export function make(tag, className = '', text = '') {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (text) el.textContent = text;
  return el;
}

// patchList gives a parent one child an item, in order. A child stays with its key.
export function patchList(parent, items, keyOf, create, update) {
  const old = parent.patched ?? new Map();
  const now = new Map();
  for (const item of items) now.set(keyOf(item), old.get(keyOf(item)) ?? null);
  // What is no longer wanted goes first, so that what stays need not move.
  for (const [key, el] of old) if (!now.has(key)) el.remove();
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const el = now.get(key) ?? create(item);
    now.set(key, el);
    update?.(el, item);
    if (el === at) at = at.nextElementSibling;
    else parent.insertBefore(el, at);
  }
  parent.patched = now;
}

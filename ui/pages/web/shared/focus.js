// The focus is never lost by a click: what redraws a component gives it back to the control of the same name,
// or else to what is beside it.

const TAKES_FOCUS = "a[href], summary, button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]";
const ITEMS = ["data-key", "data-job", "data-event-id", "data-video-id"];
const ITEM = ITEMS.map(name => `[${name}]`).join();
const HEADINGS = "h1, h2, h3";

/** What has the focus, also within shadow roots; null where nothing has. */
function focused() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return !at || at === document.body || !at.checkVisibility() ? null : at;
}

/** All of a part of the page that the key Tab comes to. */
const stops = part => [...part.querySelectorAll(TAKES_FOCUS)].filter(each => each.tabIndex >= 0 && each.checkVisibility());

const nameOf = element => [element.tagName, element.id || element.name || element.getAttribute("aria-label") || element.textContent].join(" ");

/** Which item of a list an element stands in: by the number of its job, event or video. */
function itemOf(element) {
  const item = element.closest(ITEM);
  const name = ITEMS.find(each => item?.hasAttribute(each));
  return name ? `${name} ${item.getAttribute(name)}` : "";
}

/** Where the focus is, so that it is found again once all there is drawn anew; null where nothing has it. */
export function placeOfFocus() {
  const element = focused();
  const root = element?.closest(".root");
  return root ? { element, root, name: nameOf(element), item: itemOf(element), at: stops(root).indexOf(element) } : null;
}

function take(element) {
  if (element.matches(HEADINGS)) element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
  return focused() === element;
}

/** What takes the place of one that went: its own item, then what stands where it stood, then a heading. */
function* instead({ root, element, name, item, at }, otherwise) {
  yield element;
  const named = [...root.querySelectorAll(`${TAKES_FOCUS}, ${HEADINGS}`)].filter(each => nameOf(each) === name && itemOf(each) === item);
  yield* named;
  const mine = item && [...root.querySelectorAll(ITEM)].find(each => itemOf(each) === item);
  if (mine) yield* [...stops(mine), ...mine.querySelectorAll(HEADINGS)];
  if (otherwise) yield otherwise;
  const all = stops(root);
  if (all.length) yield all[Math.min(Math.max(at, 0), all.length - 1)];
  yield* root.querySelectorAll(HEADINGS);
}

/** Give the focus back to a place, where nothing else has taken it since. */
export function giveFocusBack(place, otherwise = null) {
  if (!place || focused()) return;
  for (const each of instead(place, otherwise)) if (each.isConnected && take(each)) return;
}

/** Draw something anew without losing the focus; `otherwise` takes it where its control is gone. */
export function keepFocus(draw, otherwise = null) {
  const place = placeOfFocus();
  const drawn = draw();
  giveFocusBack(place, otherwise);
  return drawn;
}

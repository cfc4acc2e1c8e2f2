// What was seen of the lists of the library, for as long as the page is open: after Back a list is drawn from it at
// once, and asked for again behind it.

const MOST = 4; // lists
const lists = new Map();
let cameBack = false;

// Following a link within the page is told to Streamlit as `popstate` too, but not by the browser.
window.addEventListener("popstate", event => { cameBack = event.isTrusted; });

/** Keep {found, blocks} of a list under its question. */
export function keep(question, seen) {
  lists.delete(question);
  lists.set(question, seen);
  if (lists.size > MOST) lists.delete(lists.keys().next().value);
}

/** The same, where the browser's Back or Forward led here. */
export const keptOf = question => (cameBack ? lists.get(question) : undefined);

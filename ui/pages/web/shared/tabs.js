// Rows of tabs and chips that scroll sideways on a phone.

const CHOSEN = "[aria-current]:not([aria-current=false]), [aria-selected=true]";

/** Scroll the chosen one of a row to its middle; the page itself is not moved. */
export function showChosen(row) {
  const chosen = row?.querySelector(CHOSEN);
  if (!chosen || row.scrollWidth <= row.clientWidth) return;
  const [outer, inner] = [row, chosen].map(each => each.getBoundingClientRect());
  row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}

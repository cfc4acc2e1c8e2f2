// Rows of tabs and chips that scroll sideways on a phone.

const CHOSEN = "[aria-current]:not([aria-current=false]), [aria-selected=true]";

/** Keep the chosen one of a row in its middle until somebody touches the row: styles and letters may come later than
 * it does, and change its width. The page itself is not moved. */
export function showChosen(row) {
  if (!row) return;
  const seen = new ResizeObserver(() => {
    if (row.isConnected) center(row);
    else seen.disconnect();
  });
  for (const each of [row, ...row.children]) seen.observe(each, { box: "border-box" });
  for (const name of ["pointerdown", "wheel", "keydown"]) row.addEventListener(name, () => seen.disconnect(), { once: true, passive: true });
  center(row);
}

function center(row) {
  const chosen = row.querySelector(CHOSEN);
  if (!chosen || row.scrollWidth <= row.clientWidth) return;
  const [outer, inner] = [row, chosen].map(each => each.getBoundingClientRect());
  row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}

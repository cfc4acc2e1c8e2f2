// The address is the state of the page: going somewhere is one entry of the browser's history.

const CHANGED = "reelwise:address";

// Only `go` makes entries: Streamlit would make one for a page that was left while it was drawn.
history.pushState = () => {};

/** The parts of an address that are given; empty ones are left out. A list repeats its name. */
export function address(path, parameters = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "" && each !== false)
        search.append(name, each === true ? "1" : String(each));
    }
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** The address of now with some parameters changed; null or "" takes one out. */
export function changed(changes, path = location.pathname) {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    search.delete(name);
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null && each !== "") search.append(name, String(each));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** Go to an address of this site: Streamlit hears of it as of the browser's own Back.
 * `replaces`: no entry of its own, as for more of the same; `stays`: the page is not scrolled. */
export function go(href, { replaces = false, stays = false } = {}) {
  if (href === location.pathname + location.search) return;
  document.dispatchEvent(new CustomEvent("reelwise:leaving"));
  if (replaces) history.replaceState(history.state, "", href);
  else History.prototype.pushState.call(history, null, "", href);
  announce(stays);
}

/** Put other parameters into the address without an entry and without a run of the page. */
export function replace(href) {
  history.replaceState(history.state, "", href);
}

/** Tell Streamlit and our components that the address is another. */
function announce(stays) {
  window.dispatchEvent(new PopStateEvent("popstate"));
  document.dispatchEvent(new CustomEvent(CHANGED, { detail: { stays } }));
}

/** Ask for the page of the address once more, as after an answer that never came. */
export const comeAgain = () => window.dispatchEvent(new PopStateEvent("popstate"));

/** Follow a link within the page; with a modifier or another button the browser does it. */
export function follow(event) {
  if (event.defaultPrevented || event.button > 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.currentTarget;
  if (link.target || link.hasAttribute("download")) return;
  event.preventDefault();
  go(link.getAttribute("href"));
}

// Scripts and styles of the page to which most visits lead, asked for before they are needed: Streamlit asks for
// them when the page is first shown, one level of imports after the other.

const NEXT = { search: ["player"], foryou: ["player"], library: ["player"], history: ["player"], video: ["search"] };
const LATEST_MS = 2000;

/** Once the browser has nothing else to do, load what the pages after this one are made of. */
export function loadEarly(page, signal) {
  const wanted = NEXT[page] ?? [];
  const run = () => { if (!signal.aborted) for (const name of wanted) load(name); };
  if (globalThis.requestIdleCallback) requestIdleCallback(run, { timeout: LATEST_MS });
  else setTimeout(run, LATEST_MS);
}

function load(name) {
  const component = new URL("..", import.meta.url).href.replace(/[^./]*\/$/, `${name}/`);
  const script = new URL(`${name}.js`, component).href;
  // Where that fails, Streamlit asks again and says what is wrong.
  import(script).catch(() => {});
}

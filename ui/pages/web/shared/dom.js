// Elements, made without HTML text: titles, names and lines from files are only ever text nodes.

/** An element. `attributes`: strings; true for an empty one; functions (onclick) become listeners. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  search: "M10 4a6 6 0 1 0 3.7 10.7l5 5 1.4-1.4-5-5A6 6 0 0 0 10 4zm0 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
  heart: "M12 20.5 4.3 13a5 5 0 0 1 7-7l.7.7.7-.7a5 5 0 0 1 7 7zm0-2.8 6.3-6.1a3 3 0 0 0-4.2-4.2L12 9.5 9.9 7.4a3 3 0 0 0-4.2 4.2z",
  library: "M4 6H2v14a2 2 0 0 0 2 2h14v-2H4zm4-4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V4c0-1.1.9-2 2-2zm0 2v12h12V4zm4 2.5v7l5-3.5z",
  history: "M12 4a8 8 0 0 0-7.7 6H2l3.3 4L9 10H6.4a6 6 0 1 1 .9 5.5l-1.6 1.2A8 8 0 1 0 12 4zm-1 4v5l4 2.4 1-1.6-3-1.8V8z",
  person: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 0 1 6.3 13c-1.5-1.5-4-2-6.3-2s-4.8.5-6.3 2A8 8 0 0 1 12 4zm0 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  picture: "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5c0-1.1.9-2 2-2zm0 2v14h14V5zm1 12 3.5-4.5 2.5 3 3.5-4.5L19 17z",
  close: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  down: "m7 9 5 5 5-5 1.4 1.4L12 16.8 5.6 10.4z",
  more: "M12 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm0 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm0 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zm6 0h4v14h-4z",
  sound: "M4 9v6h4l5 4V5L8 9zm11.5-1.5v9a5 5 0 0 0 0-9zm0-3v2a7 7 0 0 1 0 11v2a9 9 0 0 0 0-15z",
  silent: "M4 9v6h4l5 4V5L8 9zm12.4.2L15 10.6l1.6 1.4-1.6 1.4 1.4 1.4 1.6-1.4 1.6 1.4 1.4-1.4-1.6-1.4 1.6-1.4-1.4-1.4-1.6 1.4z",
  full: "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z",
  like: "M9 21h9a2 2 0 0 0 1.9-1.3l2-6.7V11a2 2 0 0 0-2-2h-5.5l1-4.5A2 2 0 0 0 13.500 2L8 9v10a2 2 0 0 0 1 2zM2 9h4v12H2z",
  dislike: "M15 3H6a2 2 0 0 0-1.900 1.300l-2 6.700V13a2 2 0 0 0 2 2h5.500l-1 4.500A2 2 0 0 0 10.500 22L16 15V5a2 2 0 0 0-1-2zm3 0h4v12h-4z",
  link: "M10.600 13.400a1 1 0 0 0 1.400 1.400l4-4a3 3 0 1 0-4.200-4.200l-1.300 1.300 1.400 1.400 1.300-1.300a1 1 0 0 1 1.400 1.400zm2.800-2.800a1 1 0 0 0-1.400-1.400l-4 4a3 3 0 1 0 4.200 4.200l1.300-1.300-1.400-1.400-1.300 1.300a1 1 0 0 1-1.400-1.400z",
  copy: "M8 3h10a2 2 0 0 1 2 2v12h-2V5H8zM5 7h8a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9c0-1.100.900-2 2-2zm0 2v10h8V9z",
  download: "M11 4h2v8l3-3 1.400 1.400L12 16l-5.400-5.600L8 9l3 3zM5 18h14v2H5z",
  next: "M6 5v14l9-7zm10 0h2v14h-2z",
  add: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  folder: "M4 5h6l2 2h8a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7c0-1.1.9-2 2-2zm0 4v9h16V9z",
  shield: "M12 2 4 5v6c0 5 3.400 9.700 8 11 4.600-1.300 8-6 8-11V5zm0 2.100 6 2.300V11c0 3.900-2.500 7.600-6 8.900-3.500-1.300-6-5-6-8.900V6.400z",
  label: "M4 5h10.500L21 12l-6.500 7H4zm2 2v10h7.600l4.700-5-4.700-5z",
  up: "m12 6 7 7-1.4 1.4L13 9.8V20h-2V9.8l-4.6 4.6L5 13z",
};

/** A picture of 20 px that says nothing to a screen reader; the name stands beside it. */
export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  drawn.append(path);
  return drawn;
}

/** The one root of a component: made at its first call, emptied at none. */
export function rootOf(parent, className) {
  // A shadow root has no scope of its own to select by.
  let root = [...parent.children].find(each => each.classList.contains("root"));
  if (!root) {
    root = h("div", { class: `root ${className}` });
    parent.append(root);
  }
  return root;
}

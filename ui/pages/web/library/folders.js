// Folders: where one is, and tiles with four pictures of those below.

import { h, icon } from "../shared/dom.js";
import { address, follow } from "../shared/go.js";

export const folderHref = folder => address("/library", { view: "folders", folder });

/** Where a folder lies, by its name "Films/2024/Spring": links to those above it. */
export function crumbs(folder, say) {
  const links = [h("a", { href: folderHref(""), onclick: follow }, say("library.all_folders"))];
  const steps = folder ? folder.split("/") : [];
  steps.forEach((name, i) => links.push(h("a", { href: folderHref(steps.slice(0, i + 1).join("/")), onclick: follow, "aria-current": i === steps.length - 1 ? "page" : null }, name)));
  return h("nav", { class: "crumbs", "aria-label": say("library.crumbs") }, h("ol", {}, links.map(link => h("li", {}, link))));
}

/** Tiles; `remove(folder)` takes one out of the library, where that is allowed. */
export function folderTiles(found, say, remove) {
  if (!found.length) return null;
  return h("ul", { class: "folders", "aria-label": say("library.folders") }, found.map(each => h("li", { class: "folder" },
    h("a", { href: folderHref(each.name), onclick: follow, title: each.path },
      h("span", { class: "four" }, [0, 1, 2, 3].map(i => each.thumb_urls[i] ? h("img", { src: each.thumb_urls[i], alt: "", loading: "lazy", decoding: "async" }) : h("i", {}))),
      h("b", {}, each.title),
      h("span", { class: "mute small" }, say(each.here ? "library.n_videos" : "library.not_here", { n: each.videos }))),
    remove && h("button", { type: "button", class: "more", "aria-label": say("library.remove_folder", { name: each.title }), title: say("library.remove_folder", { name: each.title }),
      onclick: () => remove(each) }, icon("close")))));
}

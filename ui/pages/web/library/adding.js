// Adding a folder: choose one on the server, see what is in it, say what is read, start.

import { h, icon } from "../shared/dom.js";
import { get, send } from "../shared/api.js";
import { openDialog } from "./dialog.js";
import { duration } from "../shared/amounts.js";

class Adding {
  constructor(root, say, started) {
    Object.assign(this, { say, started });
    this.list = h("ul", { class: "choice", "aria-label": say("adding.folders") });
    this.here = h("p", { class: "here" });
    this.found = h("p", { class: "found", role: "status" });
    this.said = h("input", { type: "checkbox", checked: true });
    this.written = h("input", { type: "checkbox", checked: true });
    this.start = h("button", { type: "button", class: "main", disabled: true, onclick: () => this.begin() }, say("adding.start"));
    openDialog(root, say("adding.title"), close => {
      this.close = close;
      return [this.here, this.list, this.found, this.reads(),
        h("p", { class: "buttons" }, this.start, h("button", { type: "button", class: "outlined", onclick: close }, say("adding.cancel")))];
    }, "adding");
    this.look("");
  }

  reads() {
    const { say } = this;
    return h("fieldset", {}, h("legend", {}, say("adding.reads")),
      h("label", {}, h("input", { type: "checkbox", checked: true, disabled: true }), say("adding.seen")),
      h("label", {}, this.said, say("adding.said")),
      h("label", {}, this.written, say("adding.written")));
  }

  async look(folder) {
    this.asked = folder;
    this.start.disabled = true;
    try {
      const place = await get(`/library/places?folder=${encodeURIComponent(folder)}`);
      if (this.asked !== folder) return;
      if (!folder && place.folders.length === 1) return void this.look(place.folders[0][1]);
      this.show(place);
      if (folder) await this.count(folder);
      else this.found.textContent = "";
    } catch (error) {
      if (this.asked === folder) this.tell(error);
    }
  }

  show(place) {
    const { say } = this;
    this.here.textContent = place.folder || say("adding.choose");
    const up = place.folder && place.parent !== null && h("li", {}, h("button", { type: "button", onclick: () => this.look(place.parent) }, icon("up"), say("adding.up")));
    this.list.replaceChildren(...[up, ...place.folders.map(([name, folder]) => h("li", {},
      h("button", { type: "button", onclick: () => this.look(folder) }, icon("folder"), name)))].filter(Boolean));
    if (!place.folders.length && !up) this.list.replaceChildren(h("li", { class: "mute" }, say("adding.none")));
  }

  async count(folder) {
    const { say } = this;
    this.found.textContent = say("adding.counting");
    const found = await get(`/library/places/count?folder=${encodeURIComponent(folder)}`);
    if (this.asked !== folder) return;
    const n = found.videos;
    const about = found.seconds === null ? say("adding.not_known") : say("adding.about", { time: duration(found.seconds, say) });
    this.found.textContent = !n ? say("adding.no_videos") : say(found.new === n ? "adding.found" : "adding.found_some", { n, about, added: found.new });
    this.start.disabled = !n;
    this.folder = found.folder;
  }

  async begin() {
    this.start.disabled = true;
    const reads = { speech: this.said.checked ? "auto" : "off", screen_text: this.written.checked ? "auto" : "off" };
    try {
      await send("POST", "/jobs", { kind: "index", arguments: { paths: [this.folder], ...reads } });
      this.close();
      this.started();
    } catch (error) {
      this.tell(error);
      this.start.disabled = false;
    }
  }

  tell(error) {
    this.found.textContent = [error.message, error.fix].filter(Boolean).join(" ");
  }
}

/** Open the dialog; `started()` is called when a job waits. */
export const openAdding = (root, say, started) => new Adding(root, say, started);

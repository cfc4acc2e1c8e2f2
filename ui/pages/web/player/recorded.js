// Tells the server how long was watched, for the person the page was opened for, and says so.

import { h, icon } from "../shared/dom.js";
import { newId, send } from "../shared/api.js";
import { openMenu } from "../shared/menu.js";
import { clock } from "../shared/words.js";
import { forget, report, sendWaiting } from "./reports.js";
import { Watched } from "./watched.js";

const EVERY_MS = 10000;
const LEAST_S = 1;

export class Recorded {
  constructor(playback, data, say, signal) {
    this.data = data;
    this.say = say;
    this.watched = new Watched(playback.element, signal);
    this.number = 0;
    this.client = newId();
    this.base_s = 0;
    this.told_s = 0;
    this.text = h("span", {});
    this.more = h("button", { type: "button", class: "more", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": say("record.menu"), onclick: () => this.open() }, icon("more"));
    this.root = h("div", { class: "recorded mute small", role: "status" }, this.text, h("span", { class: "has-menu" }, this.more));
    this.isOn = data.records;
    if (data.records) this.listen(playback.element, signal);
    this.draw();
  }

  listen(video, signal) {
    const timer = setInterval(() => this.report(), EVERY_MS);
    signal.addEventListener("abort", () => { clearInterval(timer); this.watched.take(); this.report(); }, { once: true });
    for (const name of ["pause", "ended"]) video.addEventListener(name, () => this.report(), { signal });
    video.addEventListener("timeupdate", () => this.draw(), { signal });
    window.addEventListener("pagehide", () => this.report(), { signal });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.report(); }, { signal });
    window.addEventListener("online", () => sendWaiting(this.client), { signal });
    sendWaiting(this.client);
  }

  get seconds() {
    return this.watched.seconds - this.base_s;
  }

  async report() {
    this.watched.take();
    const watched_s = Math.round(this.seconds * 100) / 100;
    if (!this.isOn || watched_s < LEAST_S || watched_s === this.told_s) return;
    const before = this.told_s;
    this.told_s = watched_s;
    this.number += 1;
    const { person, video } = this.data;
    const client = this.client;
    try {
      const told = await report({ user: person, video_id: Number(video.id), kind: "view", watched_s, client_id: client, number: this.number, source: "page" });
      if (client !== this.client) return;
      const result = told?.results[0];
      this.state = told === null ? "waits" : result.outcome === "not recorded" ? "off" : "told";
      this.event = result?.event?.id ?? this.event;
      if (told !== null) sendWaiting(this.client);
      else this.told_s = before;
    } catch (error) {
      this.state = "refused";
      this.problem = error.message;
    }
    this.draw();
  }

  draw() {
    const { data, say } = this;
    const time = clock(this.seconds);
    const text = () => {
      if (data.guest) return say("record.guest");
      if (!data.person) return say("record.nobody");
      if (!data.records || this.state === "off") return say("record.off");
      if (!this.isOn) return say("record.taken_back", { person: data.person });
      if (this.state === "refused") return say("record.refused", { problem: this.problem });
      if (this.state === "waits") return say("record.waits", { person: data.person, time });
      return this.seconds < LEAST_S ? say("record.will", { person: data.person }) : say("record.told", { person: data.person, time });
    };
    const told = text();
    if (told !== this.drawn) this.text.replaceChildren((this.drawn = told));
    this.more.hidden = !data.records || this.state === "off";
  }

  open() {
    const { say } = this;
    openMenu(this.more, [this.isOn ? { text: say("record.not_this"), run: () => this.takeBack() } : { text: say("record.again"), run: () => this.again() }], say("record.menu"));
  }

  async takeBack() {
    this.isOn = false;
    forget(this.client);
    this.draw();
    const { person } = this.data;
    if (this.event === undefined) return;
    try {
      await send("DELETE", `/events/${this.event}?user=${encodeURIComponent(person)}`);
    } catch (error) {
      if (error.status === 404) return;
      this.isOn = true;
      this.state = "refused";
      this.problem = error.message;
      this.draw();
    }
  }

  /** From now on it is another series: what was taken back stays so. */
  again() {
    this.isOn = true;
    this.client = newId();
    this.number = 0;
    this.told_s = 0;
    this.event = undefined;
    this.base_s = this.watched.seconds;
    this.draw();
  }
}

// What a warning advises, done by the page: a button that asks for the jobs, and hears when they end.

import { h } from "./dom.js";
import { get, send } from "./api.js";
import { forPeople } from "./words.js";
import { askForJobs, AT_WORK, hearOfJobs } from "./jobs.js";

const looksAgain = async more => ({ kind: "index", arguments: { paths: (await get("/library/roots")).filter(each => each.here).map(each => each.folder), ...more } });
const JOBS = {
  rebuild: () => [{ kind: "rebuild" }],
  reencode: () => [{ kind: "rebuild", arguments: { reencode: true } }],
  train: () => [{ kind: "train" }],
  index: async () => [await looksAgain()],
  speech: async () => [await looksAgain({ speech: "auto" })],
  screen_text: async () => [await looksAgain({ screen_text: "auto" })],
  encoder: async () => [await looksAgain({ encoder: "default" })],
  repair: async () => [{ kind: "verify", arguments: { repair: true } }, await looksAgain()],
};

/** A button that mends, or null; `done` is called once all its jobs have ended. */
export function mendButton(action, say, done) {
  if (!action) return null;
  const told = h("span", { class: "small", role: "status" });
  const button = h("button", { type: "button", class: "outlined", onclick: async () => {
    button.disabled = true;
    try {
      const ids = [];
      for (const job of await JOBS[action]()) ids.push((await send("POST", "/jobs", job)).id);
      told.textContent = say("mend.asked");
      document.dispatchEvent(new CustomEvent("reelwise:job"));
      const stop = new AbortController();
      hearOfJobs(jobs => {
        if (!button.isConnected) return void stop.abort();
        const mine = jobs.filter(job => ids.includes(job.id));
        if (!mine.length || mine.some(job => AT_WORK.includes(job.state) || job.state === "paused")) return;
        stop.abort();
        const failed = mine.find(job => job.state !== "done");
        told.textContent = failed ? forPeople(failed.summary) : "";
        button.disabled = false;
        if (!failed) done();
      }, stop.signal);
      askForJobs();
    } catch (error) {
      told.textContent = [error.message, error.fix].filter(Boolean).join(" ");
      button.disabled = false;
    }
  } }, say(`mend.${action}`));
  return h("span", { class: "mend" }, button, told);
}

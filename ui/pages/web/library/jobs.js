// Jobs: what is at work, how far it is, what can be done with it; what ended today.

import { h } from "../shared/dom.js";
import { send } from "../shared/api.js";
import { inWords } from "../shared/words.js";
import { askForJobs, AT_WORK, jobLine, jobName, jobOutcome, share } from "../shared/jobs.js";

const GOES_ON = ["paused", "stopped", "failed"];

/** The cards of jobs, or null. Those that did nothing worth telling are left out. */
export function jobCards(jobs, say, told) {
  const shown = jobs.filter(job => AT_WORK.includes(job.state) || job.state === "paused");
  const ended = jobs.filter(job => !shown.includes(job)).slice(0, 5);
  if (!shown.length && !ended.length) return null;
  return h("section", { class: "jobs", "aria-label": say("job.jobs") },
    shown.map(job => jobCard(job, say, told)),
    ended.length > 0 && endedJobs(ended, say, told));
}

const isWide = matchMedia("(min-width: 1024px)");
let isOpen; // as somebody left it, for as long as the page is open

/** Those that ended: above the page's own list, where there is no column for them, only their number. */
function endedJobs(ended, say, told) {
  const made = h("details", { class: "panel ended-jobs", open: isOpen ?? isWide.matches, ontoggle: () => { isOpen = made.open === isWide.matches ? undefined : made.open; } },
    h("summary", {}, h("h2", {}, say("job.ended")), h("span", { class: "count" }, String(ended.length))),
    h("ul", {}, ended.map(job => endedRow(job, say, told))));
  return made;
}

function jobCard(job, say, told) {
  const name = jobName(job, say);
  const done = share(job);
  return h("div", { class: "panel job", "data-job": job.id },
    h("h2", {}, name),
    h("p", { class: "mute small line" }, jobLine(job, say)),
    h("div", { class: "bar", role: "progressbar", "aria-label": name, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": done === null ? null : Math.round(done * 100) }, fill(done)),
    h("p", { class: "mute small current" }, job.state === "running" ? job.progress.current || inWords(job.progress.message) : ""),
    h("p", { class: "buttons" }, buttons(job, say, told)));
}

function fill(done) {
  const made = h("i", { class: done === null ? "unknown" : "" });
  if (done !== null) made.style.width = `${100 * done}%`;
  return made;
}

function buttons(job, say, told) {
  const button = (word, to, className) => h("button", { type: "button", class: className, onclick: () => change(job, to, say, told) }, say(word));
  if (job.state === "stopping") return [];
  const stop = button("job.stop", "stop", "");
  if (job.state === "paused") return [button("job.resume", "resume", "outlined"), stop];
  return [button("job.pause", "pause", "outlined"), stop];
}

function endedRow(job, say, told) {
  const state = say(`job.state_${job.state}`);
  return h("li", { class: "ended", "data-job": job.id },
    h("b", {}, jobName(job, say)), h("span", { class: job.state === "failed" ? "error small" : "mute small" }, [state, jobOutcome(job, say)].filter(Boolean).join(": ")),
    GOES_ON.includes(job.state) && h("button", { type: "button", class: "outlined", onclick: () => change(job, "resume", say, told) }, say("job.resume")));
}

async function change(job, to, say, told) {
  try {
    await send("POST", `/jobs/${job.id}/${to}`);
    if (to !== "resume") told(say("job.kept"));
  } catch (error) {
    told([error.message, error.fix].filter(Boolean).join(" "));
  }
  askForJobs();
}

// The jobs of the server, asked for every two seconds while one is at work and the page is in sight.

import { duration } from "./amounts.js";
import { get } from "./api.js";
import { decimals, forPeople, inWords } from "./words.js";

const EVERY_MS = 2000;
const CAME = "reelwise:jobs";
export const AT_WORK = ["queued", "running", "stopping"];
const listeners = new Set();
let timer = 0;

const isAtWork = jobs => jobs.some(job => AT_WORK.includes(job.state));

/** How much of a job is done, 0 to 1; null where that is not known. */
export const share = job => (job.progress.total > 0 ? Math.min(job.progress.done / job.progress.total, 1) : null);

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(ask, EVERY_MS);
};

// Each component has its own copy of this module: who asks tells all of them, and one asks at a time.
const root = document.documentElement;
const isAskedNow = () => Date.now() - Number(root.dataset.rwJobsAsked ?? 0) < EVERY_MS / 2;

async function ask(isUrgent = false) {
  clearTimeout(timer);
  if (document.hidden || !listeners.size) return;
  if (isAskedNow() && isUrgent !== true) return void later();
  root.dataset.rwJobsAsked = Date.now();
  try {
    const { jobs } = await get("/jobs");
    document.dispatchEvent(new CustomEvent(CAME, { detail: jobs }));
  } catch {
    later(); // a server that is busy or gone is asked again
  }
}

document.addEventListener(CAME, event => {
  for (const listener of [...listeners]) listener(event.detail);
  clearTimeout(timer);
  if (isAtWork(event.detail)) later();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(true); });

/** Ask now, as somebody has just asked for a job. */
export const askForJobs = () => ask(true);

/** Hear of the jobs until the signal. */
export function hearOfJobs(listener, signal, { now = true } = {}) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
  if (now) ask(true);
}

/** What a job is: "Indexing Talks". */
export function jobName(job, say) {
  const paths = job.arguments.paths ?? [];
  const name = paths.length ? paths[0].split("/").filter(Boolean).at(-1) ?? paths[0] : "";
  return job.kind === "index" && name ? say("job.index_of", { name }) : say(`job.${job.kind}`);
}

/** How far it is, in a line. */
export function jobLine(job, say) {
  if (job.state === "queued") return say("job.waits");
  if (job.state === "stopping") return say("job.stopping");
  if (job.state === "paused") return say("job.paused");
  const { done, total, failed, times_real_time, seconds_left, phase } = job.progress;
  return [
    total > 0 ? say("job.files", { n: done, total }) : say("job.begins"),
    failed > 0 && say("job.failed_files", { n: failed }),
    times_real_time && say("job.speed", { x: decimals(times_real_time, say.language, 1) }),
    seconds_left !== null && seconds_left !== undefined && say("job.left", { time: duration(seconds_left, say) }),
    total > 0 ? null : inWords(phase),
  ].filter(Boolean).join(" · ");
}

const OUTCOMES = {
  index: result => readWords(result),
  reindex: result => readWords(result),
  rebuild: result => [["job.made", result.videos, result]],
  train: result => [["job.trained", result.events, result]],
  duplicates: result => [["job.compared", result.new], ["job.sharing", result.sharing]],
  verify: result => (result.ok ? [["job.agrees", 0]] : []),
};

function readWords({ indexed = 0, resumed = 0, unchanged = 0, moved = 0, failed = 0, partial = 0, removed = 0 }) {
  const added = indexed + resumed;
  const found = added + unchanged + moved + failed + partial;
  const more = [["job.partial", partial], ["job.removed", removed], ["job.failed_files", failed]];
  return [["job.found", found], ["job.added", added], ...more.filter(([, n]) => n > 0)];
}

/** What came out of a job, by its counts; what went wrong stands as the server wrote it. */
export function jobOutcome(job, say) {
  const counts = job.state === "done" && job.result ? OUTCOMES[job.kind](job.result) : [];
  return counts.map(([word, n, values]) => say(word, { ...values, n })).join(", ") || forPeople(job.summary);
}

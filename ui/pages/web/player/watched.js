// How long a video was really played: seconds of the film that ran, never those that were skipped.

/** Counts seconds of film while `video` plays. A jump counts nothing, before or behind it. */
export class Watched {
  constructor(video, signal) {
    this.video = video;
    this.seconds = 0;
    this.at = null;
    const on = (name, run) => video.addEventListener(name, run, { signal });
    on("playing", () => this.begin());
    on("timeupdate", () => this.take());
    for (const name of ["pause", "waiting", "ended", "emptied"]) on(name, () => { this.take(); this.at = null; });
    on("ratechange", () => { this.take(); if (this.at) this.begin(); });
    on("seeking", event => this.jumped(event.timeStamp));
    on("seeked", () => { if (!video.paused) this.begin(); });
  }

  begin() {
    this.at = { film_s: this.video.currentTime, wall_ms: performance.now(), rate: this.video.playbackRate };
  }

  /** Count what ran since the last look, once; the clock bounds it, so that a jump nobody told of is none. */
  take() {
    if (!this.at || this.video.seeking) return;
    const ran_s = this.video.currentTime - this.at.film_s;
    const most_s = this.byClock() + 0.5;
    if (ran_s > 0) this.seconds += Math.min(ran_s, most_s);
    this.begin();
  }

  byClock(now_ms = performance.now()) {
    return (Math.max(0, now_ms - this.at.wall_ms) / 1000) * this.at.rate;
  }

  /** Between the last look and a jump the film ran as long as the clock says, at most a quarter second.
   * A busy browser tells of a jump late: it counts when it happened. */
  jumped(at_ms) {
    if (!this.at) return;
    this.seconds += Math.min(this.byClock(at_ms), 0.3 * this.at.rate);
    this.at = null;
  }
}

// A converted video in pieces of some seconds (HLS, fragmented MP4), fed to the browser as it plays.

const AHEAD_S = 20;
const BEHIND_S = 60;
const TRIES = 4;
const WAIT_MS = 1000;

/** Whole addresses and lengths of the pieces of a media playlist, and of what comes before all of them. */
export function readPlaylist(text, base) {
  const found = { head: "", pieces: [] };
  let length_s = 0;
  let at_s = 0;
  for (const line of text.split("\n").map(each => each.trim()).filter(Boolean)) {
    const head = line.match(/^#EXT-X-MAP:URI="([^"]+)"/);
    if (head) found.head = new URL(head[1], base).href;
    else if (line.startsWith("#EXTINF:")) length_s = Number.parseFloat(line.slice(8));
    else if (!line.startsWith("#")) {
      found.pieces.push({ href: new URL(line, base).href, start_s: at_s, end_s: at_s + length_s });
      at_s += length_s;
    }
  }
  return found;
}

/** The one variant of a master playlist: its address and codecs. */
export function readMaster(text, base) {
  const lines = text.split("\n").map(each => each.trim()).filter(Boolean);
  const codecs = lines.map(line => line.match(/CODECS="([^"]+)"/)?.[1]).find(Boolean) ?? "";
  const media = lines.find(line => !line.startsWith("#"));
  return { codecs, href: media ? new URL(media, base).href : "" };
}

export class Stream {
  constructor(video, href, told) {
    this.video = video;
    this.href = new URL(href, location.href).href;
    this.told = told;
    this.stop = new AbortController();
    this.fetching = null;
    this.held = new Set();
  }

  async open(at_s) {
    try {
      const master = readMaster(await this.text(this.href), this.href);
      const list = readPlaylist(await this.text(master.href), master.href);
      if (this.stop.signal.aborted) return;
      Object.assign(this, list);
      this.hasSound = /mp4a|opus|[ae]c-3|flac/i.test(master.codecs);
      this.type = `video/mp4; codecs="${master.codecs}"`;
      if (!globalThis.MediaSource?.isTypeSupported(this.type)) return void this.native(at_s);
      this.source = new MediaSource();
      this.source.addEventListener("sourceopen", () => this.begin(), { once: true, signal: this.stop.signal });
      this.video.addEventListener("seeking", () => this.sought(), { signal: this.stop.signal });
      this.video.addEventListener("timeupdate", () => this.fill(), { signal: this.stop.signal });
      this.url = URL.createObjectURL(this.source);
      this.video.src = this.url;
      if (at_s) this.video.currentTime = at_s;
    } catch (error) {
      if (!this.stop.signal.aborted) this.told.onFailed(error.reason ?? "");
    }
  }

  /** Browsers that play HLS by themselves (Safari) take the address. */
  native(at_s) {
    this.video.src = this.href + (at_s ? `#t=${at_s.toFixed(2)}` : "");
    this.video.addEventListener("playing", () => this.told.onFirst(), { once: true, signal: this.stop.signal });
  }

  async begin() {
    try {
      this.buffer = this.source.addSourceBuffer(this.type);
      this.source.duration = this.pieces.at(-1)?.end_s ?? 0;
      await this.append(await this.bytes(this.head, this.stop.signal));
      this.isOpen = true;
      this.fill();
    } catch (error) {
      if (!this.stop.signal.aborted) this.told.onFailed(error.reason ?? "");
    }
  }

  sought() {
    const wanted = this.at(this.video.currentTime);
    if (this.fetching && this.fetching.piece !== wanted) this.fetching.stop.abort();
    this.fill();
  }

  at(time_s) {
    return this.pieces.find(piece => time_s < piece.end_s - 1e-3) ?? this.pieces.at(-1);
  }

  /** Fetch what plays next where it is not there, until enough is ahead. */
  async fill() {
    if (!this.isOpen || this.fetching) return;
    const now_s = this.video.currentTime;
    const first = this.pieces.indexOf(this.at(now_s));
    const piece = this.pieces.slice(first).find(each => !this.held.has(each));
    if (!piece || piece.start_s > now_s + AHEAD_S) return;
    const stop = new AbortController();
    this.fetching = { piece, stop };
    const give_up = () => stop.abort();
    this.stop.signal.addEventListener("abort", give_up, { once: true });
    try {
      const bytes = await this.bytes(piece.href, stop.signal);
      await this.forget(now_s);
      await this.append(bytes);
      this.held.add(piece);
      if (!this.isPlaying) {
        this.isPlaying = true;
        this.told.onFirst();
      }
      if (this.held.has(this.pieces.at(-1)) && piece === this.pieces.at(-1) && this.source.readyState === "open") this.source.endOfStream();
    } catch (error) {
      if (!stop.signal.aborted) return void this.told.onFailed(error.reason ?? "");
    } finally {
      this.stop.signal.removeEventListener("abort", give_up);
      this.fetching = null;
    }
    if (!this.stop.signal.aborted) this.fill();
  }

  /** Let go of what lies far behind: a browser keeps some hundred megabytes at most. */
  async forget(now_s) {
    const old = [...this.held].filter(piece => piece.end_s < now_s - BEHIND_S);
    for (const piece of old) {
      this.held.delete(piece);
      await this.updated(() => this.buffer.remove(piece.start_s, piece.end_s));
    }
  }

  append(bytes) {
    return this.updated(() => this.buffer.appendBuffer(bytes));
  }

  updated(change) {
    return new Promise((done, failed) => {
      if (this.stop.signal.aborted) return failed(new DOMException("closed", "AbortError"));
      const after = new AbortController();
      this.buffer.addEventListener("updateend", () => { after.abort(); done(); }, { signal: after.signal });
      this.buffer.addEventListener("error", () => { after.abort(); failed(new Error("the browser refused a piece")); }, { signal: after.signal });
      change();
    });
  }

  async text(href) {
    return (await this.ask(href, this.stop.signal)).text();
  }

  async bytes(href, signal) {
    return (await this.ask(href, signal)).arrayBuffer();
  }

  /** An answer; a server that is busy or away is asked again, also after the connection was lost. */
  async ask(href, signal) {
    for (let n = 1; ; n += 1) {
      let refused = null;
      try {
        const answer = await fetch(href.includes("?") ? href : href + new URL(this.href).search, { signal });
        if (answer.ok) return answer;
        const told = await answer.json().catch(() => ({}));
        refused = Object.assign(new Error(told.error ?? ""), { reason: told.error, again: [429, 502, 503].includes(answer.status) });
      } catch (error) {
        if (signal.aborted) throw error;
        this.told.onLost();
      }
      if (refused && (!refused.again || n >= TRIES)) throw refused;
      await new Promise(done => { setTimeout(done, WAIT_MS * Math.min(n, 10)); });
      if (signal.aborted) throw new DOMException("closed", "AbortError");
    }
  }

  close() {
    this.stop.abort();
    if (this.url) URL.revokeObjectURL(this.url);
  }
}

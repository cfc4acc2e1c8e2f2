// The server's own routes. Every write of a page goes through here, and names its person.

import { fixInWords, inWords } from "./words.js";

/** What the server answered in place of a document: its problem, and what to do. */
export class Refused extends Error {
  constructor(status, told) {
    super(inWords(told.error) || `the server answered ${status}`);
    this.status = status;
    this.code = told.code || "fault";
    this.fix = fixInWords(told.fix);
  }
}

const BASE = "/api/v1";

async function told(answer) {
  const isDocument = (answer.headers.get("content-type") || "").includes("json");
  const document_ = answer.status === 204 || !isDocument ? {} : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, document_);
  return document_;
}

/** A document. */
export async function get(path, options = {}) {
  return told(await fetch(BASE + path, { ...options, headers: { accept: "application/json" } }));
}

/** Send a document (or a FormData), and get one. `keepalive`: also while the page goes away. */
export async function send(method, path, body, options = {}) {
  const isForm = body instanceof FormData || body instanceof Blob;
  const headers = isForm || body === undefined ? {} : { "content-type": "application/json" };
  const sent = body === undefined || isForm ? body : JSON.stringify(body);
  return told(await fetch(BASE + path, { method, headers, body: sent, ...options }));
}

/** A new name for one event or one series of reports; plain HTTP has no crypto.randomUUID. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map(each => each.toString(16).padStart(2, "0")).join("");
}

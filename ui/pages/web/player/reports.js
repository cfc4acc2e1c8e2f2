// Reports of watched time: numbered, sent also while the page goes away, kept while the server is gone.

import { send } from "../shared/api.js";

const KEPT = "reelwise:reports";
const MOST_KEPT = 200;
const AGAIN = new Set([408, 425, 429]);

function waiting() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

/** Of a series the last report says all: it takes the place of those before it. */
function put(reports) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(reports.slice(-MOST_KEPT)));
  } catch {
    // No room on this device: the report in hand is sent all the same.
  }
}

function add(report) {
  put([...waiting().filter(each => each.client_id !== report.client_id), report]);
}

/** Take one out, unless a later one of its series came meanwhile. */
function remove(report) {
  put(waiting().filter(each => each.client_id !== report.client_id || each.number > report.number));
}

export function forget(clientId) {
  put(waiting().filter(each => each.client_id !== clientId));
}

/** Send one report. Gives what the server answered; null where it is away and the report waits. */
export async function report(body) {
  add(body);
  try {
    const told = await send("POST", "/events", body, { keepalive: true });
    remove(body);
    return told;
  } catch (error) {
    const isRefused = error.status >= 400 && error.status < 500 && !AGAIN.has(error.status);
    if (!isRefused) return null;
    remove(body);
    throw error;
  }
}

/** Send what waits from before, one after the other, until the server is away again. */
export async function sendWaiting(but = "") {
  for (const each of waiting().filter(one => one.client_id !== but)) {
    try {
      if (await report(each) === null) return;
    } catch {
      // Refused for good: it is gone from the list.
    }
  }
}

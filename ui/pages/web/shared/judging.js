// What a person says of a video: each click is one event with a name of its own, and is taken back by its number.

import { send } from "./api.js";

/** A name that nothing else has; also where the page is not served by a secure address. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("");
}

/** Record an event for `user`; gives its number, or null where it is not recorded. */
export async function record(user, video, kind, watched_s = null) {
  const told = await send("POST", "/events", { user, video_id: Number(video), kind, watched_s, client_id: newId(), source: "page" });
  return told.results[0].event?.id ?? null;
}

/** Take an event of `user` back. */
export async function takeBack(user, id) {
  await send("DELETE", `/events/${id}?user=${encodeURIComponent(user)}`);
}

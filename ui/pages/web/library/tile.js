// A video of /api/v1/videos as a card of the library: folder, day, and the name of the file where the title says something else.

const letters = text => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** What `card` draws. */
export function tile(video) {
  const isNamedSo = letters(video.title) === letters(video.file.replace(/\.[^.]*$/, ""));
  const folder = (video.folder ?? "").split("/").at(-1);
  return {
    id: String(video.video_id), title: video.title, path: video.path, duration_s: video.duration_s,
    where: [folder, video.recorded_at.slice(0, 10), !isNamedSo && video.file].filter(Boolean).join(" · "),
    picture_s: video.duration_s / 3, plays: video.plays, gone: video.gone, withheld: video.withheld, moments: [],
  };
}

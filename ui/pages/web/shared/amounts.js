// Amounts as people say them: "about 40 min", "1.2 GB".

/** Seconds, rounded: "30 s", "40 min", "3 h". */
export function duration(seconds, say) {
  if (seconds < 50) return say("amount.seconds", { n: Math.max(Math.round(seconds / 10) * 10, 10) });
  if (seconds < 5400) return say("amount.minutes", { n: Math.max(Math.round(seconds / 60), 1) });
  return say("amount.hours", { n: Math.round(seconds / 360) / 10 });
}

/** Bytes, with three digits. */
export function bytes(n, language) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const step = n < 1 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), units.length - 1);
  return `${Number((n / 1000 ** step).toPrecision(3)).toLocaleString(language)} ${units[step]}`;
}

/** How long ago an instant (ISO 8601) was. */
export function ago(iso, language) {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]])
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  return format.format(Math.round(seconds), "second");
}

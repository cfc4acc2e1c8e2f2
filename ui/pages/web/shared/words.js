// Words of the page in the person's language; Python chooses them and sends those that are used.

/** The speaker of a component's words: `say("card.more", {n: 3})`; `say.language` is its code. */
export function speaker(words, language = "en") {
  const rules = new Intl.PluralRules(language);
  const say = (key, values = {}) => {
    const found = words[key];
    if (found === undefined) throw new Error(`no words for ${key}`);
    const text = typeof found === "string" ? found : (found[rules.select(values.n)] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) =>
      name in values ? String(typeof values[name] === "number" ? values[name].toLocaleString(language) : values[name]) : whole);
  };
  say.language = language;
  return say;
}

const SERVER = "reelwise-server"; // the element of the page that has them
const TAKES = { rest: ".*?", field: "\\S+?", count: "[\\d.,]+" }; // what values of these names are; others are any text
const MOST_MARKS = 3; // characters between values that are only marks, as in "{problem}: {path}"
let heard = null;

/** [how the server says it in English, in the words of the page, whether it has words of its own] of all its sentences. */
function sentences() {
  if (heard) return heard;
  const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\\\{(\w+)\\\}/g, (_, name) => `(?<${name}>${TAKES[name] ?? ".+?"})`);
  // What stands around a problem is taken off first; else who says more is meant rather than who takes anything.
  // Forms without words come last.
  const letters = key => key.replace(/\{\w+\}/g, "").length;
  const said = key => (key.includes("{problem}") ? 1000 : 0) + letters(key) - (letters(key) > MOST_MARKS ? 0 : 2000);
  const words = JSON.parse(document.getElementById(SERVER)?.textContent ?? "{}");
  heard = Object.entries(words).sort(([a], [b]) => said(b) - said(a)).map(([key, form]) => [new RegExp(`^${escaped(key)}[.]?$`, "s"), form, letters(key) > MOST_MARKS]);
  return heard;
}

/** What the server wrote, in the words of the page where it has some for it. Several sentences stand in lines, or
 * with ; between them. */
export function inWords(text) {
  const one = part => {
    for (const [pattern, form, hasWords] of sentences()) {
      const found = pattern.exec(part);
      if (!found || (!hasWords && inWords(found.groups.problem) === found.groups.problem)) continue;
      return form.replace(/\{(\w+)\}/g, (_, name) => (name === "problem" || name === "why" ? inWords(found.groups[name]) : number(found.groups[name])));
    }
    return null;
  };
  const number = value => (/^\d{1,3}(,\d{3})+$/.test(value) ? value.replaceAll(",", ".") : value);
  if (!text || !sentences().length) return text;
  const ofLine = line => {
    const parts = line.split("; ").map(part => [one(part), part]);
    return parts.every(([said]) => said !== null) ? parts.map(([said]) => said).join("; ") : one(line) ?? parts.map(([said, part]) => said ?? part).join("; ");
  };
  return text.includes("\n") ? one(text) ?? text.split("\n").map(ofLine).join("\n") : ofLine(text);
}

/** Advice for those who write requests or commands: whoever looks at a page has neither. */
export const FOR_PROGRAMS = /\b(GET|POST|PUT|DELETE) \/|\breelwise [a-z]|--[a-z]/;

/** What to do about a problem, in the words of the page; nothing where it is for programs. */
export const fixInWords = fix => (FOR_PROGRAMS.test(fix) ? "" : inWords(fix) || "");

/** As `inWords`, without the commands that stand at the end, after ;. */
export function forPeople(text) {
  const lines = (text ?? "").split("\n").map(line => line.split("; ").filter((part, at) => !at || !FOR_PROGRAMS.test(part)).join("; "));
  return inWords(lines.filter(Boolean).join("\n"));
}

/** A number of any size in a few digits: 0.00042, 1,250. */
export function short(number, language = "en", digits = 4) {
  return number.toLocaleString(language, { maximumSignificantDigits: digits });
}

/** A number with so many digits after the point, which is a comma in some languages: 0.50, 0,50. */
export function decimals(number, language = "en", digits = 2) {
  return number.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false });
}

/** Seconds as a clock: 0:05, 1:02:03; with tenths where they tell things apart. */
export function clock(seconds, tenths = false) {
  const unit = tenths ? 10 : 1;
  const whole = tenths ? Math.round(seconds * 10) : Math.floor(seconds);
  const all = Math.floor(whole / unit);
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = n => String(n).padStart(2, "0");
  const text = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  return tenths ? `${text}.${whole % 10}` : text;
}

/** A stretch; tenths only in videos under 20 s. */
export function span(start_s, end_s, duration_s) {
  const tenths = duration_s < 20;
  return `${clock(start_s, tenths)}-${clock(end_s, tenths)}`;
}

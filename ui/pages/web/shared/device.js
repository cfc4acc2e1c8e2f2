// Who is watching, as this device keeps it from one visit to the next.

const COOKIE = "reelwise_person";
const YEAR_S = 365 * 86400;

/** Keep a person; empty for nobody. */
export function keepPerson(name) {
  document.cookie = `${COOKIE}=${encodeURIComponent(name)}; path=/; max-age=${name ? YEAR_S : 0}; SameSite=Strict`;
}

/** The person who is kept; empty for nobody. */
export function keptPerson() {
  const kept = document.cookie.split("; ").find(each => each.startsWith(`${COOKIE}=`));
  try {
    return decodeURIComponent(kept?.slice(COOKIE.length + 1) ?? "");
  } catch {
    return ""; // somebody else's percent signs
  }
}

// Keeping a search under a name, for the person who is watching.

import { send } from "../shared/api.js";
import { offerUndo } from "../shared/undo.js";

/** Save the search of the address; the bar says so and can take it back. */
export async function saveSearch(button, data, say) {
  // One that is disabled would lose the focus.
  const mark = isDone => button.setAttribute("aria-disabled", String(isDone));
  if (button.getAttribute("aria-disabled") === "true") return;
  const search = new URLSearchParams(location.search);
  search.delete("n");
  const parameters = {};
  for (const name of new Set(search.keys())) parameters[name] = search.getAll(name);
  const name = [data.question.q || data.example?.title || "", ...data.chips.map(chip => chip.text)].filter(Boolean).join(", ");
  mark(true);
  try {
    const saved = await send("POST", "/saved-searches", { user: data.person, name, address: parameters });
    offerUndo(say("undo.saved", { name }), say("undo.undo"), async () => {
      await send("DELETE", `/saved-searches/${saved.id}?user=${encodeURIComponent(data.person)}`);
      mark(false);
    });
  } catch (error) {
    mark(false);
    offerUndo(`${error.message}. ${error.fix ?? ""}`, "");
  }
}

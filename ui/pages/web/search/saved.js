// Keeping a search under a name, for the person who is watching.

import { send } from "../shared/api.js";
import { offerUndo } from "../shared/undo.js";

/** Save the search of the address; the bar says so and can take it back. */
export async function saveSearch(button, data, say) {
  const search = new URLSearchParams(location.search);
  search.delete("n");
  const parameters = {};
  for (const name of new Set(search.keys())) parameters[name] = search.getAll(name);
  const name = [data.question.q || data.example?.title || "", ...data.chips.map(chip => chip.text)].filter(Boolean).join(", ");
  button.disabled = true;
  try {
    const saved = await send("POST", "/saved-searches", { user: data.person, name, address: parameters });
    offerUndo(say("undo.saved", { name }), say("undo.undo"), async () => {
      await send("DELETE", `/saved-searches/${saved.id}?user=${encodeURIComponent(data.person)}`);
      button.disabled = false;
    });
  } catch (error) {
    button.disabled = false;
    offerUndo(`${error.message}. ${error.fix ?? ""}`, "");
  }
}

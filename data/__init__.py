"""Files, catalogue, watch history, video reading and the toon world."""

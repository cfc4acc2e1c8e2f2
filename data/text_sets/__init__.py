"""Public sets of videos and texts as people hold them: which text belongs to which video."""

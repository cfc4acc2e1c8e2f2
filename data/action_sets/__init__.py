"""Public sets of action videos as people hold them: which video shows which class, and its part."""

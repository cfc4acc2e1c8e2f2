"""From a person's history to a page of recommendations."""

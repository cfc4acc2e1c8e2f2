"""What a person may want to watch, as shelves with headings that say why."""

"""What is known of videos that share a stretch: stored pairs, groups of copies."""

"""Looking for moments and videos: search, examples, recommendations."""

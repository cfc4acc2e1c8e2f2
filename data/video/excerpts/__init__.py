"""Parts of videos as files: pieces for players, and clips to keep."""

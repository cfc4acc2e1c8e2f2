"""Looking through the library: videos, folders, tags, one video."""

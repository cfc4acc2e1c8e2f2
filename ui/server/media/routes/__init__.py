"""Routes that give files, pictures and previews."""

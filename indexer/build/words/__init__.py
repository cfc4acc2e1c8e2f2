"""The passes over words: names and subtitles, what is said and written, and what lines mean."""

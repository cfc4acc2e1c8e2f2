"""The sound of a video: which stream, on which clock, as samples for speech recognition."""

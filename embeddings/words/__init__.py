"""Words: sentences to vectors, and what is said and written in a video to lines."""

"""Why something was found or said: which seconds, and which part of the picture, spoke for it."""

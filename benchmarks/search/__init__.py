"""One question: what is found, by which channel, why, and the time that it takes."""

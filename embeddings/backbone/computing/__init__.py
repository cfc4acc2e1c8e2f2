"""Where, in which precision and with how many threads models compute; none imports open_clip."""

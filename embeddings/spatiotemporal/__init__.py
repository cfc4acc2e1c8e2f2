"""The encoder of real videos: an open_clip backbone and a temporal head."""

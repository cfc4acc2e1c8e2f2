"""Pictures, strips, clips and streams of videos: made on demand, kept in a bounded cache."""

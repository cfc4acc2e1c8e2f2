"""What the container of a video says, without decoding: streams, packets, clock, date."""

"""Finding, reading and writing video files: scanning, containers, decoders, shots."""

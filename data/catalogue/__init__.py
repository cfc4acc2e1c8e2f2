"""The catalogue: videos, files, clips and their states in one database."""

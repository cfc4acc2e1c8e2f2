"""What is live: videos, clips and parts that can be found, as columns and by limits."""

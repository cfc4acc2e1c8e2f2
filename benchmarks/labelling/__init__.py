"""What is learned from labels: heads, what to label next, wrong labels, tags."""

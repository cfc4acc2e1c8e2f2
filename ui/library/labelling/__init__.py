"""What is learned from labels and shown of it: heads, tags, moderation, annotation, explanation."""

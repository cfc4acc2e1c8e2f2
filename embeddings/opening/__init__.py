"""Which encoder is meant, what is known of it without loading it, and loading it when needed."""

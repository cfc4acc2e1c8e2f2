"""What a head looks at: stored vectors of stretches, and the columns of their rows."""

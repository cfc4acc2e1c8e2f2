"""What lines mean: their sentence vectors, kept beside them, and the index made of these."""

"""How well stored vectors and texts find each other on public sets."""

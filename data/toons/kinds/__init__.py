"""What the objects of the toon world look like."""

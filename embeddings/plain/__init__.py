"""Networks in numpy: what needs no gradient needs no torch."""

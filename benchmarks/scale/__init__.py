"""Libraries of up to ten million clips or a million lines: building, opening, asking."""

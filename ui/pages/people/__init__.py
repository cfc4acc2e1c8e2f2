"""Who is watching, and the people of a library."""

"""Tools that every training shares."""

"""Watch history and vectors to a ranked list for one person."""

"""Watch events as arrays: logs, histories, interactions."""

"""The History page: what a person watched, liked and hid, and correcting it."""

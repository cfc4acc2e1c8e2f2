"""Names of videos as a person gives them: how they are spelled, and whose they are."""

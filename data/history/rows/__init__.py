"""From the rows of a file to events: who, when, what; text, Parquet, other formats."""

"""Commands that train, compress and evaluate."""

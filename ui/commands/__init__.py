"""The commands of `reelwise`, one module each; importing them loads nothing heavy."""

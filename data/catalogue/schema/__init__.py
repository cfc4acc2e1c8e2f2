"""The tables of the catalogue, by what they hold, and the steps from older schemas."""

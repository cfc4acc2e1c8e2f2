"""From rows that are near a query to the hits that a person sees."""

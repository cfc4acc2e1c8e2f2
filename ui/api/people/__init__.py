"""What belongs to people: events, history, searches; each their own."""

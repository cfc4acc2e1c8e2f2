"""Recommendations: their quality on simulated users, time of fits and answers."""

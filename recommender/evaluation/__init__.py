"""Offline evaluation against baselines."""

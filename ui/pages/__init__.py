"""The Streamlit pages; `start.py` is the script that Streamlit runs."""

PAGES = ("video", "for-you", "library", "history", "people", "review", "annotate")
"""The addresses of the pages besides the first."""

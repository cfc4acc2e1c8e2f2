"""The Streamlit pages; `start.py` is the script that Streamlit runs."""

PAGES = ("video", "for-you", "library", "history", "people", "review")
"""The addresses of the pages besides the first."""

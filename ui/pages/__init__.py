"""The Streamlit pages; `start.py` is the script that Streamlit runs."""

PAGES = ("video", "for-you", "library")
"""The addresses of the pages besides the first."""

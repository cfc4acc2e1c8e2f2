"""The Streamlit pages; `start.py` is the script that Streamlit runs."""

"""The script that Streamlit runs for every visitor: the frame of the site and its three pages."""

import streamlit as st

from ui.pages import cards, for_you_page, visitor
from ui.pages.library_page import show_library
from ui.pages.search_page import show_search

st.set_page_config(page_title="reelwise", page_icon=cards.icon(), layout="wide", menu_items={})
st.html(cards.STYLE)
visitor.remember()
st.html(f"<script>{cards.PLAY_ONE}</script>", unsafe_allow_javascript=True)
pages = [
    st.Page(show_search, title="Search", icon=":material/search:", url_path="", default=True),
    st.Page(
        for_you_page.show_for_you,
        title="For you",
        icon=":material/favorite:",
        url_path="for-you",
    ),
    st.Page(show_library, title="Library", icon=":material/video_library:", url_path="library"),
]
page = st.navigation(pages, position="top")
if st.session_state.get("page") != page.url_path:
    for_you_page.renew()  # who comes back finds what is new
    st.session_state["page"] = page.url_path
page.run()

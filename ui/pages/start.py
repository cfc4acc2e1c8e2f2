"""The script that Streamlit runs for every visitor: the frame of the site and its three pages."""

from __future__ import annotations

import streamlit as st

from ui.pages import for_you_page, library_page, look, search_page

st.set_page_config(page_title="reelwise", page_icon=look.icon(), layout="wide", menu_items={})
look.apply()
page = st.navigation(
    [
        st.Page(
            search_page.show_search,
            title="Search",
            icon=":material/search:",
            url_path="",
            default=True,
        ),
        st.Page(
            for_you_page.show_for_you,
            title="For you",
            icon=":material/favorite:",
            url_path="for-you",
        ),
        st.Page(
            library_page.show_library,
            title="Library",
            icon=":material/video_library:",
            url_path="library",
        ),
    ],
    position="top",
)
page.run()

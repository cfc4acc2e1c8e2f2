"""The script that Streamlit runs for every visitor: the frame of the site and its three pages."""

import streamlit as st

from ui.pages import cards, for_you_page, library_page, search_page

st.set_page_config(page_title="reelwise", page_icon=cards.icon(), layout="wide", menu_items={})
st.html(cards.STYLE)
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

"""The script that Streamlit runs for every visitor: the frame of the site and its pages."""

import streamlit as st

from ui.pages import cards, for_you_page, visitor
from ui.pages.components.mount import site_style
from ui.pages.frame import show_frame
from ui.pages.library.page import show_library
from ui.pages.search.page import show_search
from ui.pages.video.page import show_video

st.set_page_config(page_title="reelwise", page_icon=cards.icon(), layout="wide", menu_items={})
st.html(site_style() + cards.STYLE)
visitor.remember()
st.html(f"<script>{cards.PLAY_ONE}</script>", unsafe_allow_javascript=True)
shown = {
    "": ("search", show_search),
    "video": ("video", show_video),
    "for-you": ("foryou", for_you_page.show_for_you),
    "library": ("library", show_library),
}
pages = [
    st.Page(show, title=name, url_path=path, default=not path)
    for path, (name, show) in shown.items()
]
page = st.navigation(pages, position="hidden")
if st.session_state.get("page") != page.url_path:
    for_you_page.renew()  # who comes back finds what is new
    st.session_state["page"] = page.url_path
show_frame(shown[page.url_path][0], [name for name, _ in shown.values()])
with st.container(key="content"):
    page.run()
if title := st.session_state.pop("title", ""):
    st.set_page_config(page_title=f"{title} - reelwise")

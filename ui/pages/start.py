"""The script that Streamlit runs for every visitor: the frame of the site and its pages."""

import streamlit as st

from ui.pages import plain, served
from ui.pages.annotate.page import show_annotate
from ui.pages.components.mount import site_style
from ui.pages.for_you.page import show_for_you
from ui.pages.frame import show_frame
from ui.pages.history.page import show_history
from ui.pages.library.page import show_library
from ui.pages.people.page import show_people
from ui.pages.review.page import show_review
from ui.pages.search.page import show_search
from ui.pages.video.page import show_video
from ui.pages.visits import take_address

st.set_page_config(page_title="reelwise", page_icon=plain.icon(), layout="wide", menu_items={})
st.html(site_style())
shown = {
    "": ("search", show_search),
    "video": ("video", show_video),
    "for-you": ("foryou", show_for_you),
    "library": ("library", show_library),
    "history": ("history", show_history),
    "people": ("people", show_people),
    "review": ("review", show_review),
    "annotate": ("annotate", show_annotate),
}
pages = [
    st.Page(show, title=name, url_path=path, default=not path)
    for path, (name, show) in shown.items()
]
take_address(shown)
page = st.navigation(pages, position="hidden")
show_frame(shown[page.url_path][0], [name for name, _ in shown.values()])
with st.container(key="content"), served.TURNS.taken():
    page.run()
if title := st.session_state.pop("title", ""):
    st.set_page_config(page_title=f"{title} - reelwise")

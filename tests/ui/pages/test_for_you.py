"""Who is watching is asked, and a click changes its own card only: the page without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from data.errors import ReelwiseError
from data.history import Event
from tests.ui.pages.fake_library import FakeLibrary
from ui.pages import for_you_page, served, visitor


def page() -> None:
    """What the script of the site does for this page."""
    from ui.pages import visitor
    from ui.pages.for_you_page import show_for_you

    visitor.remember()
    show_for_you()


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    library = FakeLibrary(people=["Aaron", "zoe"])
    monkeypatch.setattr(served, "library", lambda: library)
    return library


def opened(user: str = "") -> AppTest:
    app = AppTest.from_function(page)
    if user:
        app.query_params[visitor.ADDRESS] = user
    return app.run()


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def told(app: AppTest) -> str:
    return " ".join(str(each.proto.body) for each in app.get("html"))


def test_nobody_is_taken_for_the_watcher_until_somebody_says_so(library: FakeLibrary) -> None:
    app = opened()
    assert app.selectbox[0].value is None
    assert library.asked == []
    assert "Who is watching?" in told(app)
    assert [*app.button] == []


def test_a_person_who_was_chosen_stands_in_the_address(library: FakeLibrary) -> None:
    app = opened()
    app.selectbox[0].select("zoe").run()
    assert app.query_params[visitor.ADDRESS] == "zoe"
    assert library.asked == ["zoe"]
    assert opened("zoe").selectbox[0].value == "zoe"
    # A name that is in no history yet is as good as any.
    assert opened("Newcomer Zoë").selectbox[0].value == "Newcomer Zoë"
    assert library.asked[-1] == "Newcomer Zoë"


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "\x1b[1m", "x" * 5000])
def test_what_is_no_name_is_nobody(library: FakeLibrary, name: str) -> None:
    assert "Who is watching?" in told(opened(name))
    assert library.asked == []


def test_a_name_is_the_same_in_either_form_of_its_letters() -> None:
    assert visitor.clean_name(" Zoe\u0308 ") == visitor.clean_name("Zo\u00eb") == "Zo\u00eb"


def test_a_click_is_written_to_the_watcher_and_changes_its_card_only(library: FakeLibrary) -> None:
    app = opened("zoe")
    before = told(app)
    press(app, "like-zoe-2")
    assert [(event.user, event.video_id, event.kind) for event in library.events] == [
        ("zoe", 2, "like")
    ]
    assert library.asked == ["zoe"]
    for title in ("Film 1", "Film 2", "Film 3"):
        assert title in before
        assert title in told(app)
    assert "Liked" in told(app)
    keys = {button.key for button in app.button}
    assert "undo-zoe-2" in keys
    assert "like-zoe-2" not in keys
    assert "like-zoe-1" in keys


def test_undo_takes_the_event_back(library: FakeLibrary) -> None:
    app = press(opened("zoe"), "dislike-zoe-1")
    assert len(library.events) == 1
    press(app, "undo-zoe-1")
    assert library.events == []
    assert "like-zoe-1" in {button.key for button in app.button}


def test_a_new_list_is_made_when_it_is_asked_for(library: FakeLibrary) -> None:
    app = press(opened("zoe"), "view-zoe-1")
    assert library.events[0].watched_s == library.videos[1].duration_s
    press(app, "renew")
    assert library.asked == ["zoe", "zoe"]
    assert "Film 1" not in told(app)
    press(app, "more-zoe-2")
    assert library.playing[-1] == 2
    assert "goes with Film 2<" in told(app), "it was chosen, nothing plays"
    press(app, "enough")
    assert library.playing[-1] is None


def test_a_click_that_cannot_be_noted_says_so(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("zoe")

    def fail(*_: object, **__: object) -> Event:
        raise ReelwiseError("the home <b>cannot</b> be written", fix="free some disk")

    monkeypatch.setattr(library, "add_event", fail)
    press(app, "like-zoe-1")
    assert "the home &lt;b&gt;cannot&lt;/b&gt; be written" in told(app)
    assert "Liked" not in told(app)


HOSTILE = "![x](http://evil.example/x.png) :red[y] <img src=//evil.example> www.evil.example"


def test_names_are_never_in_what_streamlit_reads_as_markdown(library: FakeLibrary) -> None:
    library.rename(HOSTILE)
    app = press(opened("zoe"), "more-zoe-2")
    shown = [each for each in app.main if each.type != "html"]
    labels = " ".join(str(getattr(each, "label", "")) for each in [*app.button, *shown])
    assert "evil" not in labels
    assert "evil" in told(app)
    assert "<img src=//" not in told(app)


def test_the_page_has_a_word_for_each_button() -> None:
    assert len({button.done for button in for_you_page.BUTTONS}) == len(for_you_page.BUTTONS)

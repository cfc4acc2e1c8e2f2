"""What somebody does in the browser, each step up to the moment at which its end can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_IS_PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
_HAS_PICTURE = """async grid => {
  for (let frame = 0; frame < 3600; frame += 1) {
    const pictures = [...grid.querySelectorAll(".card img")];
    if (pictures.some(each => each.complete && each.naturalWidth > 0)) return true;
    await new Promise(requestAnimationFrame);
  }
  return false;
}"""
_HAS_FRAME = """async video => {
  while (video.readyState < 2) await new Promise(requestAnimationFrame);
}"""
_IN_SIGHT = """async (wall, wanted) => {
  const middle = window.innerHeight / 2;
  const isThere = card => {
    const { top, bottom, height } = card.getBoundingClientRect();
    return top <= middle && bottom >= middle - height;
  };
  for (let frame = 0; frame < 3600; frame += 1) {
    const there = [...wall.querySelectorAll(".card[data-video-id]")].filter(isThere);
    const titles = there.map(card => card.querySelector("h3").textContent);
    const found = wanted ? titles.find(title => title === wanted) : titles[0];
    if (found) return found;
    await new Promise(requestAnimationFrame);
  }
  return "";
}"""


def open_start(page: Page, url: str) -> None:
    """The first page with a picture of the library."""
    page.goto(url, wait_until="commit")
    _wait_for_picture(page)


def reload(page: Page) -> None:
    """The same page once more."""
    page.reload(wait_until="commit")
    _wait_for_picture(page)


def first_paint_ms(page: Page) -> float:
    """When the browser painted anything, after the page was asked for."""
    return float(page.evaluate(_IS_PAINTED))


def search(page: Page, text: str) -> None:
    """Ask, up to the first picture of the answer."""
    field = page.get_by_role("combobox", name="Search the library")
    field.fill(text)
    field.press("Enter")
    page.get_by_role("heading", name="Results").wait_for()
    _wait_for_picture(page)


def hover(page: Page) -> None:
    """From the pointer on the first card of an answer to its moving picture."""
    picture = page.locator(".grid > .card a.picture").first
    picture.hover()
    picture.locator("video").evaluate(_HAS_FRAME)


def open_first_card(page: Page) -> None:
    """From an answer to the first frame of its first video."""
    page.locator(".grid > .card a.picture").first.click()
    page.locator("video").first.evaluate(_HAS_FRAME)


def open_library(page: Page, url: str) -> None:
    """The library, up to its first card."""
    page.goto(f"{url}/library", wait_until="commit")
    page.locator(".wall .card[data-video-id]").first.wait_for()


def jump(page: Page, share: float) -> None:
    """To another part of the library, up to a card there."""
    scroll_to(page, share)
    card_in_sight(page)


def leave_library(page: Page, share: float) -> str:
    """Scroll to a part of its height and open a card there; gives the title in the middle."""
    scroll_to(page, share)
    title = card_in_sight(page)
    card = page.locator(".wall .card[data-video-id]", has_text=title).first
    # Playwright's own click would scroll.
    card.locator("a.picture").evaluate("e => { e.focus({ preventScroll: true }); e.click(); }")
    page.locator(".wall").wait_for(state="detached")
    return title


def go_back_to(page: Page, title: str) -> None:
    """Back, up to the same card at the same place."""
    page.go_back(wait_until="commit")
    assert card_in_sight(page, title) == title, f"Back did not lead to {title}"


def begin_to_watch(page: Page, url: str, name: str) -> None:
    """Be somebody new, up to what is shown for them."""
    page.goto(f"{url}/for-you", wait_until="commit")
    page.get_by_role("button", name="Someone new").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name=f"For {name}").wait_for()
    page.locator(".card").first.wait_for()


def like(page: Page) -> None:
    """From the button of a card to the word that it is recorded, with its undo."""
    page.locator(".card").first.get_by_role("button", name="Like", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()


def undo(page: Page) -> None:
    """Take that back, up to the end of what the page says of it."""
    page.get_by_role("button", name="Undo").click()
    pressed = page.locator(".card").first.get_by_role("button", name="Like", exact=True)
    pressed.and_(page.locator("[aria-pressed=false]")).wait_for()


def scroll_to(page: Page, share: float) -> None:
    """Scroll to a part of the page's height."""
    page.evaluate(
        "share => { const e = document.querySelector('[data-testid=\"stMain\"]');"
        " e.scrollTop = share * e.scrollHeight; }",
        share,
    )


def card_in_sight(page: Page, wanted: str | None = None) -> str:
    """The title of a card in the middle of the library, once it (or any) has come there.

    Gives "" where it does not come within 3,600 pictures of the screen, a minute or so.
    """
    return str(page.locator(".wall").evaluate(_IN_SIGHT, wanted))


def _wait_for_picture(page: Page) -> None:
    assert page.locator(".grid").first.evaluate(_HAS_PICTURE), "no picture came"

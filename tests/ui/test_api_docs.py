"""The table of routes in the documentation is made by the API itself."""

from ui.api_docs import PAGE, with_routes


def test_the_routes_of_the_documentation_are_those_of_the_api() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "| `GET /search` |" in page
    assert page == with_routes(page), "python -m ui.api_docs > /tmp/api.md, then move it there"

"""`python -m ui.api_docs` prints docs/api.md with the table of routes as the API has them.

python -m ui.api_docs > /tmp/api.md && mv /tmp/api.md docs/api.md
"""

import sys
from pathlib import Path

from ui.api.application import build_api
from ui.api.docs_page import route_table
from ui.server.own_routes import ROUTERS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
BEGIN, END = "<!-- routes -->", "<!-- end of routes -->"


def with_routes(page: str) -> str:
    """The page with the routes between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join(route_table(build_api(None, ROUTERS).openapi()))
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


if __name__ == "__main__":
    sys.stdout.write(with_routes(PAGE.read_text(encoding="utf-8")))

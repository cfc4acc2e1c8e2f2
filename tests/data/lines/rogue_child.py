"""A child that reads subtitles and does as the video's name says: hang, die, babble."""

import os
import sys
import time
from typing import Any

from data.lines.child import WordsChild
from data.video.children.serving import serve_parent
from data.video.children.wire import send


class Rogue(WordsChild):
    def _read(self, request: dict[str, Any]) -> dict[str, Any]:
        if "hang" in request["path"]:
            time.sleep(60)
        if "die" in request["path"]:
            os.abort()
        if "babble" in request["path"]:
            send(self.events, {"lines": [[3.0, 1.0, "", "en"]]})
        return {"state": "done", "reason": "", "title": "of a good one"}


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: Rogue(commands, events).serve())

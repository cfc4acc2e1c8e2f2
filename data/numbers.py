"""Numbers as people write them, wherever a person or a program gives one as text.

The rule: a number is written in the digits 0 to 9, with one point and an exponent where it needs
them, and is finite. Python itself reads more, which nobody means as a number: `1_0` as 10, digits
of other scripts, `inf` and `nan`, which no comparison with a limit stops.
"""

import math
import re

_WHOLE = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def number_of(text: str) -> float | None:
    """The finite number that a text is; None where it is none."""
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def whole_number_of(text: str) -> int | None:
    """The whole number that a text is; None where it is none."""
    return int(text) if _WHOLE.fullmatch(text) else None

"""Captions turned round in time by rules for English words: what a clip shows played backwards.

Only for training: a caption whose direction or order is swapped is a negative that only time can
tell apart. Rules of words err (what lies "on the left" stays there, "a left turn" is anybody's
guess), so exact captions are used in their place wherever a captions file has them.
"""

from __future__ import annotations

import re
from functools import lru_cache

_VERBS = """
rise rises rising rose risen | fall falls falling fell fallen
ascend ascends ascending ascended | descend descends descending descended
climb climbs climbing climbed | descend descends descending descended
drop drops dropping dropped | rise rises rising rose
appear appears appearing appeared | disappear disappears disappearing disappeared
vanish vanishes vanishing vanished | appear appears appearing appeared
emerge emerges emerging emerged | disappear disappears disappearing disappeared
grow grows growing grew grown | shrink shrinks shrinking shrank shrunk
expand expands expanding expanded | contract contracts contracting contracted
inflate inflates inflating inflated | deflate deflates deflating deflated
- opens opening opened | - closes closing closed
enter enters entering entered | leave leaves leaving left
exit exits exiting exited | enter enters entering entered
arrive arrives arriving arrived | depart departs departing departed
approach approaches approaching approached | leave leaves leaving left
- starts starting started | - stops stopping stopped
begin begins beginning began begun | stop stops stopping stopped stopped
lift lifts lifting lifted | lower lowers lowering lowered
raise raises raising raised | lower lowers lowering lowered
push pushes pushing pushed | pull pulls pulling pulled
throw throws throwing threw thrown | catch catches catching caught caught
fill fills filling filled | empty empties emptying emptied
load loads loading loaded | unload unloads unloading unloaded
pack packs packing packed | unpack unpacks unpacking unpacked
wrap wraps wrapping wrapped | unwrap unwraps unwrapping unwrapped
fold folds folding folded | unfold unfolds unfolding unfolded
tie ties tying tied | untie unties untying untied
lock locks locking locked | unlock unlocks unlocking unlocked
attach attaches attaching attached | detach detaches detaching detached
connect connects connecting connected | disconnect disconnects disconnecting disconnected
cover covers covering covered | uncover uncovers uncovering uncovered
accelerate accelerates accelerating accelerated | decelerate decelerates decelerating decelerated
freeze freezes freezing froze frozen | melt melts melting melted melted
pick|up picks|up picking|up picked|up | put|down puts|down putting|down put|down
sit|down sits|down sitting|down sat|down | stand|up stands|up standing|up stood|up
get|up gets|up getting|up got|up | lie|down lies|down lying|down lay|down
speed|up speeds|up speeding|up sped|up | slow|down slows|down slowing|down slowed|down
turn|on turns|on turning|on turned|on | turn|off turns|off turning|off turned|off
switch|on switches|on switching|on switched|on | switch|off switches|off switching|off switched|off
fade|in fades|in fading|in faded|in | fade|out fades|out fading|out faded|out
drop|down drops|down dropping|down dropped|down | rise|up rises|up rising|up rose|up
arrive|at arrives|at arriving|at arrived|at | depart|from departs|from departing|from departed|from
take|off takes|off taking|off took|off | - lands - landed
show|up shows|up showing|up showed|up | disappear disappears disappearing disappeared
"""
"""Opposite verbs in the same forms; `-` for a form with too many other meanings. Where the second
verb of a line has no opposite yet, the first one becomes it."""

_WORDS = """
left right; leftward rightward; leftwards rightwards; upward downward; upwards downwards; up down;
uphill downhill; upstairs downstairs; forward backward; forwards backwards; sunrise sunset;
clockwise anticlockwise; clockwise counterclockwise; towards the camera=away from the camera;
into the room=out of the room; into the water=out of the water; into=out of; onto=off
"""

_VIEW = [
    (verb, ending)
    for verb, ending in zip(
        ("come", "comes", "coming", "came"),
        ("disappear", "disappears", "disappearing", "disappeared"),
        strict=True,
    )
]
_CHANGE = ("get", "gets", "getting", "got", "become", "becomes", "becoming", "became")
_DEGREES = {"bigger": "smaller", "larger": "smaller", "smaller": "larger"}
_DEGREES |= {"darker": "brighter", "brighter": "darker", "fuller": "emptier", "emptier": "fuller"}
_DEGREES |= {"taller": "shorter", "shorter": "taller", "faster": "slower", "slower": "faster"}
_DEGREES |= {"closer": "farther away", "nearer": "farther away"}
_OWNERS = ("the", "his", "her", "its", "their", "my", "your")
_STILL = (
    ["up and down", "back and forth", "on and off", "from side to side", "in and out", "up close"]
    + ["left and right", "right and left", "close up", "upside down", "made up", "dressed up"]
    + ["right away", "right now", "in front", "lies down on"]
    + [
        f"{at} {whose} {side}"
        for at in ("on", "at")
        for whose in _OWNERS
        for side in ("left", "right")
    ]
    + [f"{side} {part}" for side in ("left", "right") for part in ("hand", "arm", "leg", "foot")]
    + [f"{side} {part}" for side in ("left", "right") for part in ("corner", "eye", "half", "lane")]
)
"""What stays as it is: symmetric in time, or a place."""

_PLACES = "in|on|at|among|under|deep|inside|outside|near|by|beside|behind|over|through|along|next"
_EDGES = re.compile(
    rf"^(?P<before>(?:{_PLACES})\b[^,]*,\s*)?(?P<core>.*?)(?P<after>,\s*(?:{_PLACES})\b[^,]*)?$",
    re.IGNORECASE | re.DOTALL,
)
_THEN = re.compile(
    r"(?P<comma>,?)\s*(?P<word>\b(?:and then|and afterwards|and after that|then|afterwards|"
    r"after that|followed by)\b),?\s*",
    re.IGNORECASE,
)
_FIRST = re.compile(r"^first,?\s+", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^(?:a|an|the|this|that|some|another|one|two|three|four|several|many|people|it|he|she|they|"
    r"his|her|its|their|someone|somebody)\b",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(r"\b(after|before)\b", re.IGNORECASE)


def backward_caption(text: str) -> str | None:
    """What a clip of this caption shows when it is played backwards.

    Directions and changes become their opposites and parts that follow one another change places:
    "a car drives left, then a ball rises" becomes "a ball falls, then a car drives right".

    Returns:
        None where the caption says nothing about time that these rules know, or says the same.
    """
    turned = _swap_order(_swap_directions(text))
    return None if turned.casefold() == text.casefold() else turned


def swapped_caption(text: str) -> str | None:
    """A caption that is true of the clip neither forwards nor backwards: parts in the other order.

    Returns:
        None where nothing follows anything, or where that is what it shows backwards.
    """
    turned = _swap_order(text)
    if turned.casefold() == text.casefold() or turned == backward_caption(text):
        return None
    return turned


def _swap_directions(text: str) -> str:
    table, pattern = _directions()

    def swap(match: re.Match[str]) -> str:
        found = match.group(0)
        if found.lower() in _bases() and _DETERMINER.search(text[: match.start()]):
            return found  # "a tie", "the lift"
        return _like(found, table[re.sub(r"\s+", " ", found.lower())])

    return pattern.sub(swap, text)


_DETERMINER = re.compile(r"\b(?:a|an|the|his|her|its|their|my|your|of)\s+(?:\w+\s+)?$", re.I)


@lru_cache(maxsize=1)
def _bases() -> frozenset[str]:
    """First forms of the verbs: many are nouns as well."""
    return frozenset(form[0] for line in _VERBS.strip().splitlines() for form in _forms(line))


@lru_cache(maxsize=1)
def _directions() -> tuple[dict[str, str], re.Pattern[str]]:
    """Phrases and what they become, and one pattern that finds them, the longest first."""
    pairs = [_forms(line) for line in _VERBS.strip().splitlines()]
    pairs += [_pair(entry) for entry in _WORDS.replace("\n", " ").split(";")]
    there = {a: b for one, other in reversed(pairs) for a, b in zip(one, other, strict=False)}
    back = {b: a for one, other in reversed(pairs) for a, b in zip(one, other, strict=False)}
    for word in ("left", "off"):  # a side and a switch far more often than how somebody went
        back.pop(word)
    table = {**back, **there, **_phrases()}
    table.pop("-", None)
    table = {one: other for one, other in table.items() if other != "-"}
    words = sorted(table, key=len, reverse=True)
    either = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
    return table, re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", re.IGNORECASE)


def _phrases() -> dict[str, str]:
    """Directions of several words, and what stays as it is."""
    table: dict[str, str] = {}
    for verb in _CHANGE:
        table |= {f"{verb} {degree}": f"{verb} {other}" for degree, other in _DEGREES.items()}
        if verb.startswith("g"):  # small things get bigger and become larger
            table[f"{verb} smaller"] = f"{verb} bigger"
    table |= {f"{verb} into view": gone for verb, gone in _VIEW}
    for whose in _OWNERS[:4]:
        table |= {f"left {whose}": f"entered {whose}", f"takes off {whose}": f"puts on {whose}"}
        table |= {f"puts on {whose}": f"takes off {whose}"}
    for it in ("it", "him", "her", "them"):
        table |= {f"puts {it} down": f"picks {it} up", f"picks {it} up": f"puts {it} down"}
        table |= {f"put {it} down": f"picked {it} up", f"picked {it} up": f"put {it} down"}
    for way in ("towards", "toward"):
        table |= {f"{way} the {side}": f"{way} the {other}" for side, other in _SIDES.items()}
    return table | {phrase: phrase for phrase in _STILL}


_SIDES = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def _forms(line: str) -> tuple[list[str], list[str]]:
    one, other = line.split(" | ")
    return (
        [w.replace("|", " ") for w in one.split()],
        [w.replace("|", " ") for w in other.split()],
    )


def _pair(entry: str) -> tuple[list[str], list[str]]:
    one, other = entry.split("=") if "=" in entry else entry.split()
    return [one.strip()], [other.strip()]


def _swap_order(text: str) -> str:
    """Two parts that follow one another in the other order; the same text where there are none."""
    edges = _EDGES.match(text)
    if edges is None:
        return text
    before, core, after = (edges[name] or "" for name in ("before", "core", "after"))
    split = _THEN.search(core)
    if split is None:
        return _CONNECTOR.sub(lambda m: _like(m[0], _AFTER[m[0].lower()]), text, count=1)
    first, second = core[: split.start()], core[split.end() :].rstrip(" .")
    word = _FIRST.match(first)
    first = _FIRST.sub("", first)
    if not (first.strip() and second):
        return text
    end = "." if core.rstrip().endswith(".") else ""
    if not _SUBJECT.match(second):  # "a man sits and then eats": the second part has no subject
        return f"{before}{first}, but first {second}{end}{after}"
    if first[0].isupper() and word is None and not before:
        first, second = first[0].lower() + first[1:], second[0].upper() + second[1:]
    start = word[0] if word else ""
    return f"{before}{start}{second}{split['comma']} {split['word']} {first}{end}{after}"


_AFTER = {"after": "before", "before": "after"}


def _like(found: str, word: str) -> str:
    """The word in the case of what it replaces."""
    if len(found) > 1 and found.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if found[0].isupper() else word

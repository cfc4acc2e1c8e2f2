"""Whether what a person watches is recorded: kept for the person, on whatever device."""

from contextlib import suppress

from data.errors import ReelwiseError
from ui.pages import served


def records(name: str) -> bool:
    """Whether it is; so for somebody of whom nothing else is known."""
    if name:
        with suppress(ReelwiseError):  # the page that is drawn below says what is wrong
            return served.library().people.get(name).records
    return True


def set_records(name: str, wanted: bool) -> None:
    """Record it from now on, or not.

    Raises:
        ReelwiseError: The home cannot be written.
    """
    people = served.library().people
    if name not in {person.name for person in people.all()}:
        people.add(name)
    people.change(name, records=wanted)

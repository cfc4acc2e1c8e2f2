"""Who uses a library: people as they want to be shown, and what each of them searches."""

from data.people.people import People, Person
from data.people.pin_tries import PinTries, TooManyPins
from data.people.searches import Parameters, RecentSearch, SavedSearch, Searches

__all__ = [
    "Parameters",
    "People",
    "Person",
    "PinTries",
    "RecentSearch",
    "SavedSearch",
    "Searches",
    "TooManyPins",
]

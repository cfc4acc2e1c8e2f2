"""The toon world: short cartoons drawn by this code, with exact captions and times.

A scene has one actor, or two that act one after the other, in one place. A story is one to four
scenes with hard cuts between them, a library is a folder of stories encoded as H.264. One
combination of kind, colour, motion and place in ten is held out: never trained on, so that search
on it proves meaning and not memory. Everything follows from a seed.
"""

from data.toons.actors import MOTIONS, OPPOSITES, Actor
from data.toons.library import ToonLibrary, write_library
from data.toons.objects import COLOURS
from data.toons.people import ToonEvent, make_people
from data.toons.places import PLACES
from data.toons.scenes import Scene, draw_scene, is_held_out, random_scene
from data.toons.shapes import KINDS
from data.toons.stories import Story, draw_story, make_story

__all__ = [
    "COLOURS",
    "KINDS",
    "MOTIONS",
    "OPPOSITES",
    "PLACES",
    "Actor",
    "Scene",
    "Story",
    "ToonEvent",
    "ToonLibrary",
    "draw_scene",
    "draw_story",
    "is_held_out",
    "make_people",
    "make_story",
    "random_scene",
    "write_library",
]

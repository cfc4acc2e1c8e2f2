"""The toon world: short cartoons drawn by this code, with exact captions and times.

A scene has one actor, or two that act one after the other, in one place. A story is one to four
scenes with hard cuts between them, a library is a folder of stories encoded as H.264. One
combination of kind, colour, motion and place in ten is held out: never trained on, so that search
on it proves meaning and not memory. Everything follows from a seed.
"""

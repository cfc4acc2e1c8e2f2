"""Every setting that shapes a line: the engine's id is made of them (`reader.py`).

What was measured to choose them is in docs/screen_text.md.
"""

CELL_PX = 16
"""Pictures are compared cell by cell, squares of this side."""
CHANGED_LEVELS = 20
"""Difference from which a pixel has changed, of 255: above the noise of cameras and coders."""
CHANGED_SHARE = 0.03
"""Share of its pixels from which a cell has changed; small text covers more."""
STROKE_LEVELS = 30
"""Difference across two pixels from which they are the side of a stroke."""
STROKE_DENSITY = 0.12
"""Least density of a window: 98.5 % of burnt-in lines reach it, of most scenes under 1 %."""
UPRIGHT = 1.5
"""Text has this many times more sides to the left and right than above and below."""
DENSER_BY = 1.1
"""Text is at its densest where it is 8 to 24 px high; by so much it must be denser there."""
LEVELS = 4
"""Text is looked for in the picture and in halves of it: 8 to 24 px high in one of them."""
BAND_PX = 160
"""Height of a band of a large region."""
BAND_OVERLAP_PX = 40
"""How much two bands share: a line and its margin."""
MARGIN_PX = 12
"""Added around text, so that the detector sees where it ends."""
START_PX = 150_000
"""At the first frame: a third of a picture."""
FRAME_PX = 20_000
"""Added with each frame: with the decoding and the tests before it, half of what the visual pass
costs (docs/screen_text.md)."""
MOST_PX = 600_000
"""Saved up at most: one picture of 960 x 540 pixels, and a bit."""
DEBT_PX = 30_000
"""What may be spent before it is there."""
FOUND_SHARE = 1 / 8
"""What is paid for a region in which text was found."""
LINE_PX_PER_COLUMN = 60
"""Reading a column of a line, 48 pixels high, costs as much as detecting in so many pixels."""
THRESHOLD = 0.3
"""Probability from which a pixel counts, as the network's publisher sets it."""
BOX_SCORE = 0.5
"""Least mean probability inside a box, as RapidOCR sets it."""
UNCLIP = 1.6
"""Area over perimeter of the shrunken box, times this, is how far each side moves out."""
MOST_BOXES = 300
"""Boxes of one picture; a picture with more is a texture, and the widest lines are kept."""
STEEPEST_DEG = 30.0
"""Lines that tilt more are left out: the recogniser reads upright text."""
TALLEST = 2.0
"""Height over width from which a box is no horizontal line."""
WIDEST_GAP = 1.0
"""Widest gap between two words of a row, in heights of the row."""
MOST_TALLER = 1.6
"""Most that one word's box is taller than the next."""
HEIGHT_PX = 48
"""Height of every line as the network takes it."""
LEAST_WIDTH_PX = 320
"""Narrower lines are filled up with grey, as in training."""
MOST_WIDTH_PX = 1600
"""Longer lines are squeezed."""
LINES_PER_CALL = 8
SPACE = 0.1
"""Probability from which there is a space between two characters though none won: inside words it
stays below .01."""
LEVEL_DEG = 1.5
"""Lines that tilt less are cut out as they are."""
FLOOR = 0.85
"""Least mean probability of the characters of a line of some length."""
FLOOR_SHORT = 0.93
"""The same for a line of fewer letters and digits than `SHORT`: less text, less proof."""
SHORT = 5
LEAST_CHARACTERS = 2
"""Letters and digits; a single one is more often a pole than an I."""
LEAST_DIFFERENT = 2
"""Different letters and digits: one that is repeated is a pattern."""
SAME_STROKES = 0.2
"""Least agreement of the slopes in every part of a box with those when it was read: the line is
still there, whatever moves behind it. A stroke that is missing or new makes it 0."""
STRONG = 0.25
"""Share of the strongest part from which a part of a box counts."""
SAME_TEXT = 0.75
"""Least likeness of two readings of one line, as the share of characters that both have."""
LEAST_ALIKE = 4
"""Shorter texts are the same only where they are equal."""
RUNS_ON_LETTERS = 8
"""Letters and digits that two readings of a text that runs share at the least."""
CUT_LETTERS = 3
"""Letters at the border of the picture that may be misread, as it cuts them."""
RUNNING_LETTERS = 200
"""Longest line of a text that runs; what comes after it is another line, with its own time."""
GONE_S = 3.0
"""A line that is not seen for longer has ended; what is read then is another one."""
DENSER = (0.16, 0.2, 0.25)
"""Where the ration is too short for all that may be text, the densest parts come first."""
STABLE_DENSITIES = (0.09, 0.12, 0.16, 0.2)
"""The same of strokes that the frame before had too, from the widest choice to the narrowest."""
STABLE_FIRST = 2.0
"""How much likelier strokes that stay are text than others as dense: text stays, scenes move."""
VAIN_KEPT = 0.8
"""What a look in vain counts one frame later, against the place where it was."""
WIDENINGS = 3
"""How often the detector looks wider for the ends of a line, by four of its heights each time."""
LEVEL_HEIGHT_PX = 40
"""Highest box of a line that is looked for again without halving the picture."""
HIGHEST_PX = 64
"""Highest line of text as the detector sees it; higher ones are found in the half picture."""
LONGER = 0.4
"""A box that goes on beyond a line by more than this, in heights of the line, is read again."""
REFUSED = 64
"""Boxes that held nothing, remembered so that they are not read again."""
SAME_REFUSED = 0.9
"""Correlation of slopes from which such a box has not changed."""
READ_FPS = 1.0
"""Frames looked at per second: text that can be read stands longer, and decoding is the largest
part of the cost."""
LONGEST_SIDE_PX = 960
"""Larger frames are scaled down to this side, smaller ones are not scaled."""
RULES = 4
"""Counts the changes of the code that change lines, where no setting does."""

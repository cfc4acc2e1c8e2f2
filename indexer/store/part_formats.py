"""How parts of stored vectors were written, by release: what each of them lacks."""

PART_FORMAT = "reelwise part 4"
"""Written into every part."""

FORMAT_3 = "reelwise part 3"
"""Before small frames were kept."""

FORMAT_2 = "reelwise part 2"
"""Before there were rules for clips: cuts are found in its clips, key frames are not known."""

READABLE_FORMATS = ("reelwise part 1", FORMAT_2, FORMAT_3, PART_FORMAT)
"""Parts of other formats are refused; those of format 1 do not say what they were made from."""

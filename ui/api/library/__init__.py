"""The library as a whole: its videos in any order, its folders, what failed, copies, and health."""

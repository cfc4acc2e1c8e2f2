"""Rows of labels that cannot be used, each for another reason."""

HEADER = "video,start_s,end_s,label\n"


def faulty_rows(video: str, label: str, other: str) -> str:
    """Five: an unknown video, no stretch, beyond the end, no label, two labels for one."""
    return f"""nowhere.mp4,0,1,{label}
{video},3,1,{label}
{video},4000,4001,{label}
{video},0,1,
{video},0,1,{label}|{other}
"""

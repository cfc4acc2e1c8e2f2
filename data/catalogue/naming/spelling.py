"""One spelling of every name: systems and people write the same one in different ways."""

import unicodedata

_INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060"  # marks that copied text brings along


def plain(text: str) -> str:
    """Give the one spelling (Unicode NFC) of a text that systems store in different ones."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Give what spellings of a text share that differ in case or Unicode form only."""
    return text.lower() if text.isascii() else plain(plain(text).casefold())


def person_name(text: str) -> str:
    """Give the one spelling of a person's name: Unicode NFC, nothing blank or invisible around it.

    It may be empty then: such names are refused where they come in.
    """
    name, before = text, ""
    while name != before:
        before, name = name, plain(name).strip().strip(_INVISIBLE)
    return name


def tag_key(text: str) -> str:
    """Give what spellings of a tag share: case, Unicode form and blanks do not matter."""
    return folded(" ".join(person_name(text).split()))


def name_key(path: str) -> str:
    """Give the folded file name of a path: the column by which files are looked up."""
    return folded(path.rpartition("/")[2])

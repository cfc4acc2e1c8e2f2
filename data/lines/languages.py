"""Languages as files and streams name them, as codes of ISO 639-1 where there is one."""

import re

_NAMES = """
ar ara arabic|bg bul bulgarian|bn ben bengali|ca cat catalan|cs ces cze czech|da dan danish
de deu ger german deutsch|el ell gre greek|en eng english|es spa spanish espanol español
et est estonian|eu eus baq basque|fa fas per persian farsi|fi fin finnish suomi
fr fra fre french francais français|ga gle irish|gl glg galician|he heb hebrew iw|hi hin hindi
hr hrv croatian|hu hun hungarian magyar|hy hye arm armenian|id ind indonesian in
is isl ice icelandic|it ita italian italiano|ja jpn japanese jp|ka kat geo georgian
kk kaz kazakh|km khm khmer|ko kor korean kr|lo lao|lt lit lithuanian|lv lav latvian
mk mkd mac macedonian|ml mal malayalam|mn mon mongolian|mr mar marathi|ms msa may malay
my mya bur burmese|nb nob norwegian no nor|nl nld dut dutch nederlands|nn nno|pa pan punjabi
pl pol polish polski|pt por portuguese pob ptbr|ro ron rum romanian|ru rus russian
sk slk slo slovak|sl slv slovenian|sq sqi alb albanian|sr srp serbian|sv swe swedish svenska
ta tam tamil|te tel telugu|th tha thai|tl tgl fil tagalog|tr tur turkish|uk ukr ukrainian
ur urd urdu|uz uzb uzbek|vi vie vietnamese|zh zho chi chinese chs cht zhs zht
"""
_CODES = {
    name: names.split()[0]
    for names in re.split(r"[|\n]+", _NAMES)
    if names
    for name in names.split()
}

CODE_PAGES = {
    "ar": ("cp1256", "iso8859_6"),
    "bg": ("cp1251", "koi8_r"),
    "cs": ("cp1250", "iso8859_2"),
    "el": ("cp1253", "iso8859_7"),
    "et": ("cp1257",),
    "fa": ("cp1256",),
    "he": ("cp1255", "iso8859_8"),
    "hr": ("cp1250", "iso8859_2"),
    "hu": ("cp1250", "iso8859_2"),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "lt": ("cp1257",),
    "lv": ("cp1257",),
    "mk": ("cp1251",),
    "pl": ("cp1250", "iso8859_2"),
    "ro": ("cp1250", "iso8859_2"),
    "ru": ("cp1251", "koi8_r"),
    "sk": ("cp1250", "iso8859_2"),
    "sl": ("cp1250", "iso8859_2"),
    "sr": ("cp1251", "cp1250"),
    "th": ("cp874",),
    "tr": ("cp1254",),
    "uk": ("cp1251", "koi8_u"),
    "vi": ("cp1258",),
    "zh": ("gb18030", "big5"),
}
"""Encodings of old text files by language, the usual one first; others are of Western Europe."""


def language_code(name: str) -> str:
    """The code of a language by any name that files use (`en`, `eng`, `en-US`, `English`).

    Empty where the name is none, or says that it is not known (`und`).
    """
    plain = name.strip().lower()
    return _CODES.get(plain) or _CODES.get(re.split(r"[-_]", plain, maxsplit=1)[0], "")

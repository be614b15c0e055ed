"""Screening free text for what could lead to a person: addresses, numbers, names of accounts. Pure.

Each find is replaced by what it is, such as `[email]`, so that a sentence keeps its shape. Only what has a form is
found: a person's name, or "the man next door", has none, and stays. Text in any script is read, with its own digits,
in full width, and with unseen characters between.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

VERSION = "screening/1"
"""Raised when other things are found or they get other names; the manifest names it."""

LABELS = ("url", "email", "iban", "card", "ip", "phone", "handle", "number")
"""What is looked for, in this order: the first that fits has the text."""

_PROFILES = (
    r"(?:github|gitlab|twitter|x|facebook|fb|instagram|threads|linkedin|xing|tiktok|reddit|vk|weibo|t|wa|telegram|"
    r"snapchat|pinterest|patreon|medium|quora|keybase|bsky|mastodon|discord|onlyfans|steamcommunity|soundcloud)"
    r"\.(?:com|me|org|app|net|gg|ru|cn|social|io)"
)
_PERSON_IN_PATH = r"(?:@|~|(?:in|u|user|users|profile|profiles|people|author|authors|member|members|channel|c)/)"
_URL = re.compile(
    r"(?:https?|ftp)://(?:"
    r"[^\s/@]{1,100}@[^\s]+"  # who signs in stands before the host
    rf"|(?:[\w-]{{1,63}}\.){{0,4}}{_PROFILES}/[^\s]+"
    rf"|[^\s/]{{1,250}}/(?:[^\s/]{{0,100}}/){{0,8}}{_PERSON_IN_PATH}[^\s]+)"
    rf"|(?<![\w.@/-])(?:www\.)?{_PROFILES}/[\w@~][^\s]*",
    re.IGNORECASE,
)
_NAME = r"[\w.+%'-]"
_EMAIL = re.compile(
    rf"(?<![\w.+%'@-]){_NAME}{{1,64}}"
    r"(?:@|\s?[\[({]\s?(?:at|ät)\s?[\])}]\s?)"
    r"[\w-]{1,63}(?:(?:\.|\s?[\[({]\s?(?:dot|punkt)\s?[\])}]\s?)[\w-]{1,63}){1,6}",
    re.IGNORECASE,
)
# Chinese, Japanese or Thai put no space between words and numbers: only these letters would make it a longer word
_ALONE, _ENDS = r"(?<![A-Za-z0-9_.,+-])", r"(?![A-Za-z0-9_])"
_IBAN = re.compile(r"(?<![A-Za-z0-9_])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Z0-9_])", re.IGNORECASE | re.ASCII)
_CARD = re.compile(rf"{_ALONE}[0-9](?:[ -]?[0-9]){{12,18}}{_ENDS}")
_IP4 = re.compile(rf"(?<![A-Za-z0-9_.])[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?!\.[0-9]){_ENDS}")
_IP6 = re.compile(
    rf"(?<![A-Za-z0-9_:])(?:[0-9a-f]{{0,4}}:){{2,7}}(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}|[0-9a-f]{{0,4}})(?!:){_ENDS}",
    re.IGNORECASE | re.ASCII,
)
_BETWEEN = r"[ .()/\u2010-\u2015-]{0,3}"
_PHONE = re.compile(
    rf"{_ALONE}(?:\+{_BETWEEN}[0-9]|\({_BETWEEN}[0-9]|0[0-9])(?:{_BETWEEN}[0-9]){{5,15}}{_ENDS}"
    rf"|{_ALONE}\(?[0-9]{{3}}\)?[ .-][0-9]{{3}}[ .-][0-9]{{4}}(?!-){_ENDS}"
    rf"|{_ALONE}[0-9]{{3}}-[0-9]{{4}}(?!-){_ENDS}"
)
_HANDLE = re.compile(r"(?<!\w)@\w[\w.-]{0,60}\w(?:@[\w.-]{3,100})?")
_NUMBER = re.compile(r"[0-9]{7,}")


def screen(text: str) -> tuple[str, Counter[str]]:
    """The text with each find replaced by its label, and how many there were of each."""
    plain, places = _plain(text)
    found: list[tuple[int, int, str]] = []
    for label in LABELS:
        for from_, until in _SEARCHES[label](plain):
            if all(until <= start or end <= from_ for start, end, _ in found):
                found.append((from_, until, label))
    if not found:
        return text, Counter()
    made: list[str] = []
    so_far = 0
    for from_, until, label in sorted(found):
        made += (text[so_far : places[from_]], f"[{label}]")
        so_far = places[until - 1] + 1
    return "".join([*made, text[so_far:]]), Counter(label for _, _, label in found)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in plain characters and digits, and where each stood: what only looks otherwise is found too."""
    if text.isascii():
        return text, list(range(len(text)))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf":  # joins words unseen, as a soft hyphen does
            continue
        digit = unicodedata.decimal(letter, None)
        wide = unicodedata.normalize("NFKC", letter)
        letters.append(str(digit) if digit is not None else wide if len(wide) == 1 else letter)
        places.append(place)
    return "".join(letters), places


def _spans(pattern: re.Pattern[str], holds: Callable[[str], bool] | None = None) -> _Search:
    def search(text: str) -> Iterator[tuple[int, int]]:
        for match in pattern.finditer(text):
            from_, until = match.span()
            while until > from_ and text[until - 1] in ".,;!?":  # the sentence's own
                until -= 1
            if until > from_ and (holds is None or holds(text[from_:until])):
                yield from_, until

    return search


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """A number of an account may be followed by a word that looks like more of it: the longest that holds counts."""
    for match in _IBAN.finditer(text):
        from_, until = match.span()
        while until - from_ >= 15:
            whole_word = text[until - 1].isalnum() and (until == match.end() or not text[until].isalnum())
            if whole_word and _is_iban(text[from_:until]):
                yield from_, until
                break
            until -= 1


def _is_iban(text: str) -> bool:
    """ISO 13616: letters count from 10 on, the first four go to the end, and the rest of a division by 97 is 1."""
    code = "".join(letter for letter in text.upper() if letter.isalnum())
    if not code.isascii():
        return False
    return int("".join(str(int(letter, 36)) for letter in code[4:] + code[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn's sum (ISO/IEC 7812): every second digit from the right counts double, its digits added."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return any(digits) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text != "::"


def _is_phone(text: str) -> bool:
    """Seven digits or more: fewer are a price, a date or a year."""
    return 7 <= sum(letter.isdigit() for letter in text) <= 15


_Search = Callable[[str], Iterator[tuple[int, int]]]

_IP: tuple[_Search, _Search] = (_spans(_IP4, _is_address), _spans(_IP6, _is_address))


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for search in _IP:
        yield from search(text)


_SEARCHES: dict[str, _Search] = {
    "url": _spans(_URL),
    "email": _spans(_EMAIL),
    "iban": _ibans,
    "card": _spans(_CARD, _is_card),
    "ip": _addresses,
    "phone": _spans(_PHONE, _is_phone),
    "handle": _spans(_HANDLE),
    "number": _spans(_NUMBER),
}

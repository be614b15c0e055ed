"""What a labeler may say of herself, and what others may learn of it: counts and combinations of ten people. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeler.cells import K_PUBLIC
from labeler.errors import FieldProblem, Invalid

TEXT_VERSION = 2
"""Of the words she agrees to (`templates/care/about_me.html`). New words are a new version, and need a new yes."""

K = K_PUBLIC
"""People behind each count and each combination of values: exports are passed on, and everybody reads them."""
ROUNDED_TO = 5
"""Counts are told to the nearest of these, so that one person more or less seldom shows, and never for sure."""
WORDS_LIMIT = 80
"""Characters of a person's own words for one thing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that may be said: by a choice from a broad list, by own words, or not at all."""

    name: str
    title: str
    listed: tuple[tuple[str, str], ...] = ()
    words: bool = True


ASKED = (
    Asked("gender", "Gender", (("woman", "Woman"), ("man", "Man"), ("non-binary", "Non-binary"))),
    Asked(
        "age",
        "Age",
        tuple((each, each) for each in ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")),
        words=False,
    ),
    Asked(
        "region",
        "Where you grew up",
        (
            ("africa", "Africa"),
            ("asia-central-south", "Central or South Asia"),
            ("asia-east-southeast", "East or South-East Asia"),
            ("asia-west", "West Asia or the Middle East"),
            ("europe", "Europe"),
            ("latin-america", "Latin America or the Caribbean"),
            ("north-america", "North America"),
            ("oceania", "Oceania"),
        ),
    ),
    Asked(
        "education",
        "Education",
        (
            ("school", "School"),
            ("vocational", "Vocational training"),
            ("university", "University"),
            ("postgraduate", "Postgraduate"),
        ),
    ),
    Asked("origin", "Ethnicity or origin, in your own words"),
)
NAMES = tuple(each.name for each in ASKED)

Said = Mapping[str, str | None]
"""What one person says, by the name of what was asked: the value that others may see, or None."""


@dataclass(frozen=True, slots=True)
class Description:
    """A form that can be kept: columns by name, and the uses that were allowed."""

    columns: dict[str, str | None]
    in_tables: bool
    on_rows: bool

    @property
    def is_empty(self) -> bool:
        """Nothing was said."""
        return not any(self.columns.values())


AGREEMENT = "agreement"
"""Where the counts of a table have what was measured within its groups, once it was."""


def read(form: Mapping[str, str]) -> Description:
    """The description in a form, an empty field or one left on "prefer not to say" as None.

    Raises Invalid naming every problem.
    """
    problems: list[FieldProblem] = []
    columns: dict[str, str | None] = {}
    for asked in ASKED:
        if asked.listed:
            chosen = form.get(asked.name, "")
            if chosen and chosen not in dict(asked.listed):
                problems.append(FieldProblem(asked.name, f"{asked.title}: choose one of the list, or nothing."))
            columns[asked.name] = chosen or None
        if asked.words:
            name = f"{asked.name}_words"
            words = " ".join(unicodedata.normalize("NFC", form.get(name, "")).replace("\0", " ").split())
            if len(words) > WORDS_LIMIT:
                problems.append(FieldProblem(name, f"{asked.title}: use at most {WORDS_LIMIT} characters."))
            columns[name] = words or None
    made = Description(columns, "in_tables" in form, "on_rows" in form)
    if not made.is_empty and not (made.in_tables or made.on_rows):
        problems.append(FieldProblem("uses", "Choose what it may be used for. Without a use it is not kept."))
    if problems:
        raise Invalid("This can't be kept yet.", problems)
    return made


def said(columns: Mapping[str, Any]) -> dict[str, str | None]:
    """What others may see of a description: the choice, else the words, in small letters so that equal ones are one."""
    told: dict[str, str | None] = {}
    for name in NAMES:
        words = columns.get(f"{name}_words")
        told[name] = columns.get(name) or (unicodedata.normalize("NFKC", words).casefold() if words else None)
    return told


def tables(people: Sequence[Said], population: int, k: int = K) -> dict[str, Any] | None:
    """Counts by value, of one thing at a time, as an export tells them; None with fewer than `k` people.

    `population` is everybody who judged in the project, whether she said something or not. A value needs `k` people,
    and so do all the others of the population together, or there are none: whoever knows the whole and all values
    but one would know that one. Until they have, the smallest value goes with them.
    Raises ValueError when the population is smaller than who said something.
    """
    if population < len(people):
        raise ValueError(f"{len(people)} people of a population of {population}")
    if len(people) < k:
        return None
    told: dict[str, list[dict[str, Any]]] = {}
    for name in NAMES:
        counts = Counter(value for each in people if (value := each.get(name)))
        open_ = sorted((number, value) for value, number in counts.items() if number >= k)
        rest = population - sum(number for number, _ in open_)
        while open_ and 0 < rest < k:
            rest += open_.pop(0)[0]
        told[name] = [
            {"value": value, "people": rounded(number)} for number, value in sorted(open_, key=lambda each: each[1])
        ]
    return {"people": rounded(population), "values": told}


def in_order(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Counts that were kept as JSON, in the order in which `tables` made them, with the agreement of groups where it
    was measured: a database may keep another order."""
    values = {
        name: [{"value": each["value"], "people": each["people"]} for each in counts["values"][name]]
        for name in NAMES
        if name in counts["values"]
    }
    told: dict[str, Any] = {"people": counts["people"], "values": values}
    if AGREEMENT in counts:
        told[AGREEMENT] = _sorted(counts[AGREEMENT])
    return told


def _sorted(value: Any) -> Any:
    """The same value, each object in it with its keys in the order of the alphabet."""
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def rounded(number: int) -> int:
    """To the nearest multiple of five, halves down."""
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def may_be_new(earlier: Iterable[Iterable[str]], now: Iterable[str], k: int = K) -> bool:
    """Whether a table of the rows `now` may follow those made of `earlier` ones.

    From each of these `k` people must have come, or gone, or there is no difference: what tells two tables apart is
    what the people between them said. One who changes what she says counts once, as a row that went and one that came.
    """
    rows = set(now)
    return all(rows == before or max(len(rows - before), len(before - rows)) >= k for before in map(set, earlier))


def generalised(people: Mapping[str, Said], k: int = K) -> dict[str, dict[str, str | None]]:
    """What rows may say of each person: every combination of values is that of `k` people or more, or of nobody.

    From the first thing asked to the last, those who are alike so far are parted by their value; values of fewer than
    `k` become None, together with the smallest others until they are `k` too. Nobody at all when there are fewer.
    """
    if len(people) < k:
        return {}
    made: dict[str, dict[str, str | None]] = {name: {} for name in people}
    alike = [sorted(people)]
    for asked in NAMES:
        alike = [part for group in alike for part in _parted(group, asked, people, made, k)]
    return made


def _parted(
    group: list[str], asked: str, people: Mapping[str, Said], made: dict[str, dict[str, str | None]], k: int
) -> list[list[str]]:
    by_value: defaultdict[str | None, list[str]] = defaultdict(list)
    for name in group:
        by_value[people[name].get(asked)].append(name)
    hidden = by_value.pop(None, [])
    kept = sorted(by_value.items(), key=lambda each: (len(each[1]), each[0] or ""))
    while kept and (len(kept[0][1]) < k or 0 < len(hidden) < k):
        hidden += kept.pop(0)[1]
    for value, names in [*kept, (None, hidden)]:
        for name in names:
            made[name][asked] = value
    return [names for names in (*(names for _, names in kept), hidden) if names]

"""People with habits who judge in two projects or two parts of one, their exports, and whoever would join these.

The people differ in what an adversary would go by: pace, ties, strength, first or second, reasons, languages, the
days on which they work, how much they do. The rows are made by the code that makes an export's rows.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import combinations
from typing import Any, Literal
from uuid import UUID

from labeler.exports import source
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint, Given, Pseudonyms
from tasks import comparison
from tasks.comparison_rows import Answer, Verdict
from tasks.content import Completion, Item, Message, Role
from tasks.kind import JudgedTask, Tally

START = datetime(2026, 3, 2, 7, tzinfo=UTC)
DAYS = 28
REASONS = ("More correct", "More complete", "Clearer", "Safer")
LANGUAGES = ("en", "de")
Row = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """One labeler and her habits."""

    id: UUID
    pace: float
    ties: float
    bad: float
    strong: float
    first: float
    reasons: float
    favourite: str
    late: float
    reads: tuple[str, ...]
    weekdays: frozenset[int]
    hour: float
    diligence: float
    signs: str


def people(dice: random.Random, number: int) -> list[Person]:
    """So many people, each with habits of her own."""
    return [
        Person(
            id=UUID(int=dice.getrandbits(128)),
            pace=dice.lognormvariate(4.0, 0.5),
            ties=dice.betavariate(2, 12),
            bad=dice.betavariate(1, 20),
            strong=dice.betavariate(3, 3),
            first=min(0.9, max(0.1, dice.gauss(0.5, 0.08))),
            reasons=dice.betavariate(2, 3),
            favourite=dice.choice(REASONS),
            late=dice.betavariate(1, 60),
            reads=("en",) if dice.random() < 0.6 else LANGUAGES,
            weekdays=frozenset(dice.sample(range(7), dice.choice((4, 5, 5, 6)))),
            hour=dice.uniform(0, 12),
            diligence=dice.lognormvariate(0, 0.5),
            signs=dice.choice(("", "ok", "Gut.", "lena@example.org", "!!")),
        )
        for _ in range(number)
    ]


@dataclass
class Dataset:
    """An export's `judgments`, in the order of its file, and who really gave each."""

    rows: list[Row]
    who: list[UUID]

    @cached_property
    def signs(self) -> list[dict[str, Hashable]]:
        """What `signs` says of it, worked out once."""
        return signs(self)


def dataset(
    dice: random.Random,
    those: Sequence[Person],
    project: UUID,
    plan: ExportPlan,
    tasks: int,
    from_day: int = 0,
    until_day: int = DAYS,
) -> Dataset:
    """The export of a project whose `tasks` these people judged from one day to another, three to a task."""
    names = Pseudonyms(b"k" * 32, project, START + timedelta(days=until_day, seconds=dice.random()), plan.text)
    kind = comparison.Comparison()
    options = comparison.Options(reasons=REASONS)
    (view, *_) = kind.views(options)
    intake = source.Intake(Fingerprint())
    judged = source.reader(kind, names, plan, intake)
    rows: list[Row] = []
    who: list[UUID] = []
    changed = dice.uniform(0.3, 0.7)
    turns = list(range(tasks))
    dice.shuffle(turns)  # as an import draws the order of handing out
    for number, turn_of in enumerate(turns):
        done = turn_of / tasks
        at = START + timedelta(days=from_day + (until_day - from_day) * done)
        language = LANGUAGES[dice.random() < 0.3]
        there = [each for each in those if language in each.reads and at.weekday() in each.weekdays]
        chosen = _some(dice, there or [each for each in those if language in each.reads])
        task_id = UUID(
            int=(int(START.timestamp() * 1000) << 80) + (project.int % 997 << 20) + from_day * tasks + number
        )
        order = dice.choice(("01", "10"))
        given = [
            _given(dice, person, task_id, (order, order[::-1], order)[turn], at, 1 + (done > changed))
            for turn, person in enumerate(chosen)
        ]
        owners = {names.judgment(each.id): each.labeler_id for each in given}
        judgments = tuple(sorted(map(judged, given), key=source.BY_NAME))
        task = JudgedTask(f"{task_id}", None, "first", language, {}, ITEM, judgments)
        for row in view.rows(task, Tally()):
            rows.append(row)
            who.append(UUID(str(owners[row["id"]])))
    return Dataset(rows, who)


ITEM = Item(
    prompt=(Message(role=Role.USER, content="Name a tree."),),
    completions=tuple(
        Completion(messages=(Message(role=Role.ASSISTANT, content=text),), model=None) for text in ("Oak", "Elm")
    ),
)


def _some(dice: random.Random, those: Sequence[Person]) -> list[Person]:
    """Up to three, the diligent ones more often."""
    drawn = sorted(those, key=lambda person: dice.expovariate(person.diligence))
    return drawn[:3]


def _given(dice: random.Random, person: Person, task: UUID, order: str, at: datetime, version: int) -> Given:
    seconds = person.pace * dice.lognormvariate(0, 0.6)
    moment = at.replace(hour=7) + timedelta(hours=person.hour * dice.random(), seconds=seconds)
    verdict = dice.random()
    remarks: Row = {"comment": person.signs or None}
    if dice.random() < person.reasons:
        remarks["reasons"] = (person.favourite if dice.random() < 0.5 else dice.choice(REASONS),)
    if verdict < person.ties:
        answer = Answer(verdict=Verdict.TIE, **remarks)
    elif verdict < person.ties + person.bad:
        answer = Answer(verdict=Verdict.BOTH_BAD, **remarks)
    else:
        side: Literal[0, 1] = 0 if int(order[0 if dice.random() < person.first else 1]) == 0 else 1
        margin = 1 + sum(dice.random() < person.strong for _ in range(2))
        answer = Answer(verdict=Verdict.PREFERENCE, preferred=side, margin=margin, **remarks)
    stamp = int(moment.timestamp() * 1000) << 80  # our own ids tell the moment, as the database makes them
    return Given(
        UUID(int=stamp + dice.getrandbits(60)), task, UUID(int=dice.getrandbits(128)), person.id, 1, order,
        answer.model_dump_json(), "late" if dice.random() < person.late else "counted", version, 1, seconds, moment,
    )  # fmt: skip


def signs(data: Dataset) -> list[dict[str, Hashable]]:
    """All that a row shows, in a form that can be joined: each column, and where in the file it stands."""
    counts = Counter(row["task_id"] for row in data.rows)
    size = len(data.rows)
    first: dict[str, int] = {}
    made: list[dict[str, Hashable]] = []
    for place, row in enumerate(data.rows):
        among = place - first.setdefault(row["task_id"], place)
        plain: dict[str, Hashable] = {
            name: repr(value) for name, value in row.items() if name not in ("prompt", "completions", "categories")
        }
        made.append({**plain, "place": 8 * place // size, "among": among, "of": counts[row["task_id"]]})
    return made


def combined(columns: Iterable[str], most: int) -> list[tuple[str, ...]]:
    """Every combination of up to `most` columns."""
    listed = sorted(columns)
    return [each for number in range(1, most + 1) for each in combinations(listed, number)]


def matched(one: Dataset, other: Dataset, columns: Sequence[str]) -> float:
    """How often, in expectation, a row of one and a row of the other that agree on these columns are one person's.

    Only people who are in both are asked for. Where nothing agrees any row of the language will do: the best guess
    that is left. Matching within a language is what chance means: that a German text was read by somebody who
    reads German is no secret.
    """
    by_key: defaultdict[Any, Counter[UUID]] = defaultdict(Counter)
    fallback: defaultdict[Any, Counter[UUID]] = defaultdict(Counter)
    for sign, person in zip(other.signs, other.who, strict=True):
        by_key[(*(sign[name] for name in columns), sign["language"])][person] += 1
        fallback[sign["language"]][person] += 1
    both = set(one.who) & set(other.who)
    asked: Counter[tuple[UUID, Any, Hashable]] = Counter(
        (person, (*(sign[name] for name in columns), sign["language"]), sign["language"])
        for sign, person in zip(one.signs, one.who, strict=True)
        if person in both
    )
    found = 0.0
    for (person, key, language), number in asked.items():
        there = by_key.get(key) or fallback[language]
        found += number * there[person] / there.total()
    return found / asked.total()


def chance(one: Dataset, other: Dataset) -> float:
    """The same, for one who looks at nothing but the language."""
    return matched(one, other, ("language",))


def recognised(one: Dataset, other: Dataset, columns: Sequence[str]) -> float:
    """How many names of one are matched with a name of the same person, by whose habits are nearest."""
    (mine, owners), (theirs, others) = _habits(one, columns), _habits(other, columns)
    both = set(owners.values()) & set(others.values())
    right = asked = 0
    for name, habits in mine.items():
        if owners[name] not in both:
            continue
        nearest = min(theirs, key=lambda each: (_apart(habits, theirs[each]), each))
        asked += 1
        right += others[nearest] == owners[name]
    return right / asked


Habits = dict[tuple[str, Hashable], float]


def _habits(data: Dataset, columns: Sequence[str]) -> tuple[dict[str, Habits], dict[str, UUID]]:
    counted: defaultdict[str, Counter[tuple[str, Hashable]]] = defaultdict(Counter)
    owners: dict[str, UUID] = {}
    for row, sign, person in zip(data.rows, data.signs, data.who, strict=True):
        owners[row["labeler"]] = person
        counted[row["labeler"]].update((name, sign[name]) for name in columns)
    shares = {name: {key: n * len(columns) / of.total() for key, n in of.items()} for name, of in counted.items()}
    return shares, owners


def _apart(one: Habits, other: Habits) -> float:
    return sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys())

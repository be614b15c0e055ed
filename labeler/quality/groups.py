"""Which groups of a project's answers may be shown: enough people behind each, and behind what is left over. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import accumulate
from typing import Any, TypeVar

from labeler.cells import K_PUBLIC, cell
from labeler.quality.tally import SECONDS, Group, Pattern, Tally

K_GROUP = K_PUBLIC
"""People behind a group's figures: such tables are printed beside the dataset, where everybody reads them."""

G = TypeVar("G", bound=Hashable)


def shown(people: Mapping[G, Mapping[Any, int]], k: int = K_GROUP) -> set[G]:
    """The groups whose figures may be shown; `people` says who gave how many answers in each.

    A group needs a k-cell of its own (`labeler.cells`). Those that are not shown need one together, because whoever
    knows the whole and all other groups knows the rest: until they have it, the smallest of the others goes with them.
    """
    open_ = {name for name, of in people.items() if cell(of, k) is not None}
    rest: Counter[Any] = Counter()
    for name in people.keys() - open_:
        rest.update(people[name])
    for name in sorted(open_, key=lambda name: (sum(people[name].values()), str(name))):
        if not rest or cell(rest, k) is not None:
            break
        open_.discard(name)
        rest.update(people[name])
    return open_


Behind = Mapping[str, str]
"""For each person behind some figures, a digest of which answers of hers were counted."""


def may_be_told(earlier: Iterable[Behind], now: Behind, k: int = K_GROUP) -> bool:
    """Whether figures of the answers `now` may follow those told `earlier`.

    From each of these the answers of `k` people must differ, or of nobody: what tells two figures apart is what the
    people between them did, whether they added something, changed it or took it away.
    """
    return all(len(differing) == 0 or len(differing) >= k for differing in (_differing(each, now) for each in earlier))


def _differing(one: Behind, other: Behind) -> set[str]:
    return {person for person in one.keys() | other.keys() if one.get(person) != other.get(person)}


def merged(tally: Tally, part: Callable[[tuple[Any, ...]], G]) -> dict[G, Group]:
    """The tally's groups taken together by a part of their key (language, batch, version), in the order met."""
    found: dict[G, Group] = {}
    for key, group in tally.groups.items():
        found.setdefault(part(key), Group()).add(group)
    return found


def patterns(tally: Tally, measure: int, place: int | None, name: Any = None) -> Counter[Pattern]:
    """How items were read: all of them, or those of one language (`place` 0), one batch (1), one version (2)."""
    if place == 2:
        return tally.versions[measure][name]
    found: Counter[Pattern] = Counter()
    for key, counts in tally.whole[measure].items():
        if place is None or key[place] == name:
            found.update(counts)
    return found


def quantile(times: list[int], share: float) -> tuple[int, int | None]:
    """The bucket of seconds in which a quantile lies: from, and below what (None: open). Raises ValueError for none."""
    so_far = list(accumulate(times))
    if not so_far[-1]:
        raise ValueError("nothing was counted")
    place = bisect_left(so_far, share * so_far[-1])
    return (0, *SECONDS)[place], (*SECONDS, None)[place]

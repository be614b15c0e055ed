"""One answer from many: who errs how is learned from the answers themselves, after Dawid and Skene. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

ROUNDS = 100
"""Rounds after which the search ends, whether the answers still move or not."""
STILL = 1e-6
"""A share that moves less than this from one round to the next stands still."""


@dataclass(frozen=True, slots=True)
class Aggregated:
    """`shares` (items × categories): how likely each category is an item's own. `prior`: how frequent each is.

    `errors` (people × categories × categories): how likely a person says the second where the first is right. It tells
    of persons, so it is for weighing answers and belongs on no page.
    """

    shares: Numbers
    prior: Numbers
    errors: Numbers


def dawid_skene(
    items: Places,
    people: Places,
    said: Places,
    categories: int,
    rounds: int = ROUNDS,
    alive: Callable[[], None] = lambda: None,
) -> Aggregated:
    """Aggregate answers, each a place of one item, one person and one category, numbered from 0; repeats count again.

    Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm" (1979): it begins
    with each item's shares of answers. `alive` is called before each round. Raises ValueError when the arrays differ in
    length or there are no answers.
    """
    if not len(items) or not len(items) == len(people) == len(said):
        raise ValueError("an answer has an item, a person and a category, and there must be one")
    n_items, n_people = int(items.max()) + 1, int(people.max()) + 1
    shares = _shares_of_votes(items, said, n_items, categories)
    cells = people * categories + said
    for _ in range(rounds):
        alive()
        prior, errors = _learned(shares, items, cells, n_people, categories)
        new = _weighed(prior, errors, items, cells, n_items)
        moved = max(float(np.abs(new[:, place] - shares[:, place]).max()) for place in range(categories))
        shares = new
        if moved < STILL:
            break
    prior, errors = _learned(shares, items, cells, n_people, categories)
    return Aggregated(shares, prior, errors)


def _shares_of_votes(items: Places, said: Places, n_items: int, categories: int) -> Numbers:
    votes = np.bincount(items * categories + said, minlength=n_items * categories).reshape(n_items, categories)
    return np.asarray(votes / np.maximum(votes.sum(axis=1, keepdims=True), 1), dtype=np.float64)


def _learned(shares: Numbers, items: Places, cells: Places, n_people: int, categories: int) -> tuple[Numbers, Numbers]:
    """How frequent categories are, and how each person errs, if the items' shares were right."""
    counts = np.stack(
        [
            np.bincount(cells, weights=shares[items, right], minlength=n_people * categories)
            for right in range(categories)
        ]
    ).reshape(categories, n_people, categories)
    by_person = counts.transpose(1, 0, 2)
    whole = by_person.sum(axis=2, keepdims=True)
    # who never met a category says nothing of it, and must not rule it out either
    errors: Numbers = np.where(whole > 0, by_person / np.where(whole > 0, whole, 1), 1 / categories)
    prior: Numbers = shares.mean(axis=0)
    return prior, errors


def _weighed(prior: Numbers, errors: Numbers, items: Places, cells: Places, n_items: int) -> Numbers:
    """The items' shares, if the frequencies and errors were right."""
    categories = len(prior)
    found = np.empty((n_items, categories))
    with np.errstate(divide="ignore"):  # what never happened has the logarithm -inf, and its share becomes 0
        likely = np.log(errors.transpose(1, 0, 2).reshape(categories, -1))
        for right, often in enumerate(np.log(prior)):
            found[:, right] = np.bincount(items, weights=likely[right][cells], minlength=n_items) + often
    # in place: a million items have tens of megabytes in each array
    best = found.max(axis=1, keepdims=True)
    found -= np.where(np.isfinite(best), best, 0.0)
    np.exp(found, out=found)
    total = found.sum(axis=1, keepdims=True)
    impossible = total[:, 0] <= 0
    found /= np.where(total > 0, total, 1)
    found[impossible] = 1 / categories
    return found

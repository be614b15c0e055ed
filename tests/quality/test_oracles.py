"""Other people's libraries say the same of random answers.

`krippendorff` needs numpy alone and is asked in every `make test`. crowd-kit, irrCAC and statsmodels want half a
gigabyte: they live in an environment beside ours, which `make oracles` makes; without it their tests say so and
are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from numpy.typing import NDArray

from labeler.config import ROOT
from labeler.quality.aggregation import dawid_skene
from labeler.quality.agreement import Agreement, Level, Readings, agreement, readings

PYTHON = Path(os.environ.get("LABELER_ORACLES", ROOT / ".venv-oracles")) / "bin" / "python"
ROUNDS = 25

Answers = list[tuple[int, int, int]]
"""Item, person and category of each answer."""


def crowd(seed: int, items: int, people: int, categories: int, missing: float) -> Answers:
    """People who are right more or less often, by a habit of each; each answer may be missing. No item has none."""
    dice = np.random.default_rng(seed)
    right = dice.integers(0, categories, items)
    careful = dice.uniform(0.4, 0.9, people)
    found: Answers = []
    for item in range(items):
        came = [person for person in range(people) if dice.random() >= missing] or [int(dice.integers(people))]
        for person in came:
            said = right[item] if dice.random() < careful[person] else dice.integers(0, categories)
            found.append((item, person, int(said)))
    return found


def counts(answers: Answers, categories: int) -> NDArray[np.int64]:
    found = np.zeros((1 + max(item for item, _, _ in answers), categories), dtype=np.int64)
    for item, _, said in answers:
        found[item, said] += 1
    return found


def read(answers: Answers, categories: int) -> Readings:
    items: dict[int, list[int]] = {}
    for item, _, said in answers:
        items.setdefault(item, []).append(said)
    return readings(Counter(tuple(sorted(said)) for said in items.values()), categories)


def figures(answers: Answers, categories: int, values: tuple[float, ...]) -> Agreement:
    return agreement(read(answers, categories), tuple(Level), values, draws=2)


@pytest.mark.parametrize("categories", [2, 3, 5, 9])
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.7])
def test_alpha_is_krippendorffs_at_every_level_whatever_is_missing(categories: int, missing: float) -> None:
    for seed in range(4):
        dice = np.random.default_rng(1000 + seed)
        values = tuple(np.cumsum(dice.uniform(0.5, 3, categories)).tolist())
        answers = crowd(seed, int(dice.integers(20, 60)), int(dice.integers(3, 7)), categories, missing)
        found = figures(answers, categories, values).alpha
        for level in Level:
            # by order and by name only the places of the values matter
            domain = np.array(values) if level is Level.INTERVAL else np.arange(float(categories))
            theirs = krippendorff.alpha(
                value_counts=counts(answers, categories), value_domain=domain, level_of_measurement=level.value
            )
            ours = found[level]
            assert ours is not None
            assert ours.value == pytest.approx(float(theirs), abs=1e-12), (seed, level)


Told = list[tuple[Answers, int, dict[str, Any]]]


@pytest.fixture(scope="module")
def told() -> Told:
    """Random tables, and what the libraries say of each."""
    if not PYTHON.exists():
        pytest.skip("other people's statistics are not installed: make oracles")
    tables: list[tuple[Answers, int]] = [
        (crowd(seed, 40 + 3 * seed, 3 + seed % 4, 2 + seed % 4, missing), 2 + seed % 4)
        for seed in range(12)
        for missing in (0.0, 0.4)
    ]
    asked = []
    for answers, categories in tables:
        table = counts(answers, categories)
        even = len(set(table.sum(axis=1).tolist())) == 1
        asked.append({"counts": table.tolist(), "answers": answers, "rounds": ROUNDS, "even": even})
    script = Path(__file__).parent / "oracles" / "statistics.py"
    ran = subprocess.run(
        [str(PYTHON), "-W", "ignore", str(script)], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return [(*table, said) for table, said in zip(tables, json.loads(ran.stdout), strict=True)]


@pytest.mark.slow
def test_ac1_percent_and_kappa_are_those_of_irrcac_and_statsmodels(told: Told) -> None:
    for answers, categories, theirs in told:
        found = figures(answers, categories, tuple(range(categories)))
        for name in ("ac1", "percent", "kappa"):
            ours = getattr(found, name)
            assert ours is not None
            assert ours.value == pytest.approx(theirs[name], abs=1e-5 if name == "percent" else 1e-9), (
                name
            )  # it rounds one
        if theirs["kappa_even"] is not None:
            assert found.kappa is not None
            assert found.kappa.value == pytest.approx(theirs["kappa_even"], abs=1e-12)
    assert sum(each["kappa_even"] is not None for _, _, each in told) >= 12


@pytest.mark.slow
def test_dawid_skene_and_shares_of_votes_are_those_of_crowd_kit(told: Told) -> None:
    for answers, categories, theirs in told:
        items, people, said = (np.array(column, dtype=np.int64) for column in zip(*answers, strict=True))
        votes = dawid_skene(items, people, said, categories, rounds=0)
        assert np.allclose(votes.shares, theirs["votes"], atol=1e-12)
        found = dawid_skene(items, people, said, categories, rounds=ROUNDS)
        assert np.allclose(found.shares, theirs["shares"], atol=1e-5)
        assert np.allclose(found.prior, theirs["prior"], atol=1e-7)
        for person, label, rights in theirs["errors"]:
            assert np.allclose(found.errors[person, :, label], rights, atol=1e-7), (person, label)

"""What other people's libraries make of tables of answers: JSON in, JSON out.

    python statistics.py < TABLES

Runs in an environment of its own (`make oracles`): nothing of the product is imported here. A table has `counts`: how
often each category was chosen for each item; `answers`: item, person and category of each answer; `rounds`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote
from irrCAC.raw import CAC
from statsmodels.stats.inter_rater import fleiss_kappa


def by_person(answers: list[list[int]], categories: int) -> pd.DataFrame:
    """Items × people, empty where somebody did not answer. All categories on offer count, chosen or not."""
    frame = pd.DataFrame(answers, columns=["task", "worker", "label"])
    return frame.pivot_table(index="task", columns="worker", values="label")


def told(table: dict[str, Any]) -> dict[str, Any]:
    categories = list(range(len(table["counts"][0])))
    ratings = CAC(by_person(table["answers"], len(categories)), categories=categories, digits=12)
    frame = pd.DataFrame(table["answers"], columns=["task", "worker", "label"])
    learned = DawidSkene(n_iter=table["rounds"], tol=-1).fit(frame)
    shares = learned.probas_.sort_index().reindex(columns=categories, fill_value=0.0)
    errors = learned.errors_.reset_index()
    return {
        "ac1": ratings.gwet()["est"]["coefficient_value"],
        "percent": ratings.gwet()["est"]["pa"],
        "kappa": ratings.fleiss()["est"]["coefficient_value"],
        "kappa_even": float(fleiss_kappa(table["counts"])) if table["even"] else None,
        "shares": shares.to_numpy().tolist(),
        "prior": learned.priors_.reindex(categories, fill_value=0.0).tolist(),
        "errors": [
            [int(row["worker"]), int(row["label"]), [float(row.get(right, 0.0)) for right in categories]]
            for _, row in errors.iterrows()
        ],
        "votes": MajorityVote().fit(frame).probas_.sort_index().reindex(columns=categories, fill_value=0.0)
        .to_numpy().tolist(),
    }  # fmt: skip


print(json.dumps([told(table) for table in json.load(sys.stdin)]))

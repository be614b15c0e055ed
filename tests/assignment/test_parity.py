"""A no costs nothing (OPT-4): with and without declines the same is offered, in the same order, outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed, hand_out, opt_out, reveal, skip
from labeler.judgments.models import Judgment
from labeler.judgments.service import submit
from labeler.projects.models import Lane, ProjectOffer, Task
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Labeler, Restriction
from tasks.content import parse_profile
from tests.support import database as databases
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_vendor
from tests.support.database import Database

LANES = ((0, {}), (0, {"W01": 2}), (1, {}), (1, {"W06": 2}), (2, {"W01": 2, "W06": 2}), (2, {}))
"""Which project, by its place, and which content; two tasks in each."""
PRIORITIES = (50, 70, 50)
MOST = 12

Step = st.sampled_from(["answer", "answer", "answer", "task", "project", "category", "sensitive"])


@dataclass
class Shift:
    """One labeler's whole day in a world of her own: what she was offered, in order, and what she said no to."""

    offers: list[tuple[int, int]] = field(default_factory=list)
    """Project and task, by their places in the world."""
    tasks: set[tuple[int, int]] = field(default_factory=set)
    projects: set[int] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    sensitive: bool = False

    def outside(self, offer: tuple[int, int], profile: dict[str, int]) -> bool:
        """Whether nothing she ever said no to covers this task."""
        hard = any(level >= 2 for level in profile.values())
        return not (
            offer in self.tasks
            or offer[0] in self.projects
            or self.categories & profile.keys()
            or (self.sensitive and hard)
        )


class World:
    """Three projects of one vendor with one labeler; every world is the same."""

    def __init__(self, session: Session) -> None:
        vendor = add_vendor(session)
        self.session = session
        self.me: Labeler = add_labeler(session, vendor)
        self.place: dict[UUID, tuple[int, int]] = {}
        self.profile: dict[tuple[int, int], dict[str, int]] = {}
        projects = [
            add_project(session, overlap=3, priority=priority, categories={"W01": 2, "W06": 2})
            for priority in PRIORITIES
        ]
        for project in projects:
            session.add(ProjectOffer(project_id=project.id, vendor_id=vendor.id))
        for place, (n, profile) in enumerate(LANES):
            for k, task in enumerate(add_tasks(session, projects[n], 2, profile=profile)):
                self.place[task.id] = (n, place * 10 + k)
                self.profile[n, place * 10 + k] = dict(profile)
        for category in ("W01", "W06"):
            give_consent(session, self.me.id, category, 2, NOW)

    def held(self, assignment_id: UUID) -> tuple[int, int]:
        return self.place[self.session.get_one(Assignment, assignment_id).task_id]

    def work(self, steps: list[str], *, declining: bool) -> Shift:
        """Go through the day: at each offer the next step, and answers when there are no more. Without `declining`,
        every step is an answer."""
        shift, now = Shift(), NOW
        while len(shift.offers) < MOST:
            now += timedelta(seconds=1)
            given = hand_out(self.session, self.me.id, now, wait=True)
            if not isinstance(given, Handed):
                break
            offer = self.held(given.assignment_id)
            step = steps[len(shift.offers)] if len(shift.offers) < len(steps) and declining else "answer"
            shift.offers.append(offer)
            self.take(step, given.assignment_id, offer, shift, now)
        return shift

    def take(self, step: str, assignment_id: UUID, offer: tuple[int, int], shift: Shift, now: datetime) -> None:
        profile = self.profile[offer]
        if step == "category" and not profile:
            step = "answer"
        if step == "answer":
            if profile:
                reveal(self.session, self.me.id, assignment_id, now)
            submit(self.session, self.me.id, assignment_id, {"choice": ["a4"]}, f"key-{assignment_id}", now)
        elif step == "task":
            skip(self.session, self.me.id, assignment_id, now)
            shift.tasks.add(offer)
        elif step == "project":
            opt_out(self.session, self.me.id, OptOutScope.PROJECT, now, assignment_id=assignment_id)
            shift.projects.add(offer[0])
        else:
            category = min(profile) if step == "category" else None
            scope = OptOutScope(step)
            opt_out(self.session, self.me.id, scope, now, category=category)
            shift.categories |= {category} if category else set()
            shift.sensitive |= scope is OptOutScope.SENSITIVE
            if scope is OptOutScope.SENSITIVE and not profile:  # it binds later; this task is in her hands
                submit(self.session, self.me.id, assignment_id, {"choice": ["a4"]}, f"key-{assignment_id}", now)

    def standing(self, shift: Shift) -> dict[str, Any]:
        """What is known of her that could be turned against her, outside what was declined: her row, her answers."""
        me = self.session.get_one(Labeler, self.me.id)
        own = {"id", "person_id", "vendor_id", "payroll_hash"}
        answers = self.session.execute(
            select(Judgment.task_id, Judgment.standing, Judgment.version).where(Judgment.labeler_id == me.id)
        )
        return {
            "row": {c.name: getattr(me, c.key) for c in Labeler.__table__.columns if c.name not in own},
            "restrictions": self.session.scalars(select(Restriction).where(Restriction.labeler_id == me.id)).all(),
            "answers": sorted(
                (place, standing.value, version)
                for task_id, standing, version in answers
                if shift.outside(place := self.place[task_id], self.profile[place])
            ),
        }


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with databases.sqlite(sqlite_template, tmp_path_factory.mktemp("parity")) as made:
        yield made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(Step, max_size=MOST))
def test_whoever_declines_is_offered_the_same_outside_of_it(world: Database, steps: list[str]) -> None:
    with Session(world.engine, expire_on_commit=False) as session:  # thrown away at the end
        she, other = World(session), World(session)
        declined, all_done = she.work(steps, declining=True), other.work(steps, declining=False)
        offered, wanted = (
            [offer for offer in shift.offers if declined.outside(offer, she.profile[offer])]
            for shift in (declined, all_done)
        )
        assert offered == wanted
        assert len(all_done.offers) == MOST, "the other one has done everything"
        assert she.standing(declined) == other.standing(declined)


def test_the_worlds_are_alike(world: Database) -> None:
    with Session(world.engine) as session:
        one, two = World(session), World(session)
        assert sorted(one.place.values()) == sorted(two.place.values())
        lanes = session.scalars(select(Lane.profile).join(Task).where(Task.id.in_(one.place))).all()
        assert len(lanes) == MOST and {len(parse_profile(each)) for each in lanes} == {0, 1, 2}

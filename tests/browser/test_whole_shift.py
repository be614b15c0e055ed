"""A whole shift by keyboard alone, at 360 px: from the invitation to the answer of a review. Every page is sound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.cases.marking import mark
from labeler.cases.models import Review
from labeler.cases.rules import Code, Decider
from labeler.cases.service import decide
from labeler.db import reading, transaction
from labeler.judgments.models import Judgment
from labeler.projects.models import Project
from labeler.wellbeing.models import OptOut, Policy, StandDown
from labeler.workforce.service import add_labeler, invite
from tests.browser.conftest import NARROW, PASSWORD, Site
from tests.browser.hands import Hands, StandingClock, machine
from tests.support.build import add_project, add_tasks, add_user, add_vendor

MORNING = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
"""A Tuesday, 8:00 where the labeler lives."""
EMAIL = "amina@example.org"
KIND = {"W06": 3}
PLACEHOLDER = "[placeholder"
NOTICE, COVER = "Before you open this task", "This text is covered"
QUESTION = "Which answer is better?"


@dataclass
class Shift:
    """Who and what there is before the labeler comes, and the ways in which other people act meanwhile."""

    time: StandingClock
    link: str
    labeler: UUID
    admin: UUID
    researcher: UUID
    bread: UUID

    def more_bread(self) -> None:
        """A harmless task is added to the harmless project."""
        with transaction() as session:
            add_tasks(session, session.get_one(Project, self.bread), 1)


@pytest.fixture
def shift(database: object, monkeypatch: pytest.MonkeyPatch) -> Shift:
    time = StandingClock(MORNING)
    monkeypatch.setattr(clock, "datetime", time)
    with transaction() as session:
        admin, researcher = add_user(session, Role.ADMIN).id, add_user(session, Role.RESEARCHER).id
        who = add_labeler(
            session, admin, EMAIL, "Amina", add_vendor(session), ["en"], clock.now(), time_zone="Africa/Nairobi"
        ).id
        bread = add_project(session, name="Bread", overlap=1, priority=60)
        add_tasks(session, bread, 2)
        hard = add_project(session, name="Harsh words", overlap=1, categories=KIND, sensitive_share=0.2)
        add_tasks(session, hard, 6, profile=KIND)
        session.add(Policy(name="severe_day", value=10, from_at=MORNING, made_at=MORNING, made_by=admin))
        return Shift(time, invite(session, admin, who, clock.now()), who, admin, researcher, bread.id)


def test_a_whole_shift_and_what_follows_it(site: Site, shift: Shift) -> None:
    with site.visit(viewport=NARROW, reduced_motion="reduce") as page:
        hands = Hands(page)
        page.goto(f"{site.address}/invitation/{shift.link}")
        joins(hands)
        chooses(hands, shift)
        is_trained(hands, shift)
        works(hands, shift)
        opens_and_hides(hands, shift)
        says_it_is_worse(hands, shift)
        declines_and_undoes(hands, shift)
        writes_until_the_break_is_due(hands, shift)
        comes_to_the_cap(hands, shift)
        stops_for_today(hands, shift)
        shift.time.go(hours=23)
        machine()
        comes_back(hands)
        looks_at_time_and_money(hands, shift)
        asks_for_a_review(hands, shift)


def joins(hands: Hands) -> None:
    hands.sees("Welcome, Amina")
    hands.write("Password", PASSWORD)
    hands.press("button", "Set the password and go in")
    hands.sees("Your desk")


def chooses(hands: Hands, shift: Shift) -> None:
    hands.go("My choices")
    hands.sees("My choices")
    hands.press("link", ": hate and slurs", exact=False)
    hands.sees("Hate and slurs")
    hands.choose("Up to disturbing", "Up to severe")
    hands.press("button", "Say yes to this")
    hands.sees("My choices")
    hands.says("Yes, up to severe, until Mon 1 Jun, 08:00")
    shift.time.go(minutes=1)


def is_trained(hands: Hands, shift: Shift) -> None:
    hands.press("link", "The training on hard content")
    hands.sees("Training on hard content")
    hands.press("button", "Start")
    for step in range(1, 6):
        hands.says(f"Step {step} of 5")
        hands.page.wait_for_load_state()
        hands.sound()
        shift.time.go(minutes=1)
        hands.press("button", "Next" if step < 5 else "I have read it")
    hands.sees("Done")
    hands.press("link", "Go to the desk")
    hands.sees("Your desk")


def works(hands: Hands, shift: Shift) -> None:
    hands.press("button", "Start")
    for answered, (minutes, following) in enumerate(((20, QUESTION), (12, NOTICE)), 1):
        hands.sees(QUESTION)
        shift.time.go(minutes=minutes)
        hands.key("2")
        hands.key("Control+Enter")
        expect(hands.page.locator("#task h1")).to_have_text(following)
        hands.says("Saved.")
        assert answers() == answered


def opens_and_hides(hands: Hands, shift: Shift) -> None:
    hands.sees(NOTICE)
    assert PLACEHOLDER not in hands.page.content()
    hands.says("hate and slurs (severe)")
    shift.time.go(seconds=30)
    shows(hands)
    shift.time.go(minutes=1)
    hands.key("h")
    expect(hands.page.locator("#task h1")).to_have_text(NOTICE)
    assert PLACEHOLDER not in hands.page.content()
    shift.time.go(seconds=30)
    shows(hands)
    shift.time.go(minutes=1)
    hands.key("7")
    hands.key("Control+Enter")
    hands.sees(COVER)
    assert PLACEHOLDER not in hands.page.content() and answers() == 3


def shows(hands: Hands) -> None:
    hands.press("button", "Show it")
    hands.sees(QUESTION)
    assert PLACEHOLDER in hands.page.content()


def says_it_is_worse(hands: Hands, shift: Shift) -> None:
    shows(hands)
    shift.time.go(minutes=1)
    hands.key("w")
    with hands.beside("This is worse than it says"):
        hands.choose("Graphic violence", "Suicide, self-harm or eating disorders")
        hands.press("button", "Severe")
    hands.sees("Your desk")
    hands.says("The warning is changed for everybody, and the task went back. Your time on it is paid.")
    assert PLACEHOLDER not in hands.page.content()


def declines_and_undoes(hands: Hands, shift: Shift) -> None:
    hands.press("button", "Start")
    hands.sees(NOTICE)  # told in full again, because what it says has just changed
    hands.key("o")
    with hands.beside("Not this one"):
        hands.press("button", "No more of this kind: hate and slurs")
    hands.sees("No tasks right now")
    hands.says("Done. You won't get tasks with hate and slurs.")
    hands.says("The open tasks have content that you did not say yes to, or that you declined.")
    shift.time.go(minutes=1)
    hands.press("button", "Undo")
    hands.sees("Your desk")
    hands.says("Undone. You may get such tasks again.")
    with reading() as session:
        assert session.scalars(select(OptOut.ended_at)).all() == [shift.time.at]


def writes_until_the_break_is_due(hands: Hands, shift: Shift) -> None:
    shift.more_bread()
    hands.press("button", "Start")
    hands.sees(QUESTION)
    hands.key("c")
    hands.page.keyboard.type("Both answers are kind, the second ")
    expect(hands.page.locator("#kept")).to_contain_text("Saved")
    shift.time.go(minutes=27)  # more than an hour since the first task
    hands.page.keyboard.type("one is shorter.")
    hands.sound()
    hands.key("Escape")
    hands.to("radio", "1", exact=False)
    hands.key("Space")
    hands.key("Control+Enter")
    hands.sees("Time for a break")
    hands.says("Saved.")
    with reading() as session:
        newest = session.scalars(select(Judgment.answer).order_by(Judgment.id.desc()).limit(1)).one()
        assert "Both answers are kind, the second one is shorter." in newest
    hands.press("button", "Start again (from 09:20)")
    hands.says("The break is not over yet. You can start at 09:20.")
    hands.sees("Time for a break")
    shift.time.go(minutes=10)
    hands.press("button", "Start again (from 09:20)")
    hands.sees(COVER)


def comes_to_the_cap(hands: Hands, shift: Shift) -> None:
    shows(hands)
    shift.time.go(minutes=6, seconds=30)
    hands.key("1")
    hands.key("Control+Enter")
    hands.sees("No tasks right now")
    hands.says("You have reached the most sensitive content for now, and there is no other work open.")
    hands.says("Nobody gets more than 10 minutes of severe content in any 24 hours. (EXP-1)")
    hands.says("It ends Wed 4 Mar, 08:4")
    hands.says("You are paid for waiting until 11:2")


def stops_for_today(hands: Hands, shift: Shift) -> None:
    shift.time.go(minutes=20)
    shift.more_bread()
    hands.press("button", "Look again")
    hands.sees(QUESTION)
    with reading() as session:
        assert session.scalars(select(StandDown.ended_at)).all() == [shift.time.at]
    hands.key("b")
    hands.sees("You are on a break")
    hands.press("button", "Stop for today")
    hands.sees("Sign in")


def comes_back(hands: Hands) -> None:
    hands.write("E-mail", EMAIL)
    hands.write("Password", PASSWORD)
    hands.press("button", "Sign in")
    hands.sees("You are on a break")


def looks_at_time_and_money(hands: Hands, shift: Shift) -> None:
    hands.go("Time and money")
    hands.sees("Time and money")
    for words in ("Tasks", "Warnings before sensitive texts", "Training", "Breaks", "Stand-down at a limit"):
        expect(hands.page.locator("#lines td", has_text=words).first).to_be_visible()
    hands.press("link", "Something is wrong with the line from 08:26")  # her second task
    hands.sees("Tasks")
    hands.write("What is wrong", "It took a minute longer.")
    hands.press("button", "Send")
    hands.says("You get an answer here by Wed 11 Mar")
    hands.sees("Tasks")


def asks_for_a_review(hands: Hands, shift: Shift) -> None:
    with transaction() as session:
        judgment = session.scalars(select(Judgment.id).order_by(Judgment.id).limit(1)).one()
        first = Decider(shift.researcher, Role.RESEARCHER)
        said, rule = "The second answer was not read to its end.", "Read both answers to the end."
        mark(session, first, judgment, Code.INSTRUCTIONS, said, 1, rule, clock.now())
    hands.go("Me")
    hands.sees("Amina")
    hands.go("My cases")
    hands.sees("My cases")
    hands.press("link", "An answer was not used")
    hands.sees("An answer was not used")
    hands.says("You are still paid for it.")
    hands.press("button", "Leave it")
    hands.says("Kept: you leave it as it is.")
    hands.sees("An answer was not used")
    hands.write("I disagree because …", "I read both to the end.")
    hands.press("button", "Ask for a review")
    hands.says("Your review is asked for.")
    hands.sees("An answer was not used")
    shift.time.go(hours=1)
    with transaction() as session:
        review, reasons = session.scalars(select(Review.id)).one(), "I read the task again. Both were read."
        decide(session, Decider(shift.admin, Role.ADMIN), review, "changed", reasons, clock.now())
    machine()
    hands.press("link", "All my cases")
    hands.sees("My cases")
    hands.press("link", "An answer was not used")
    hands.sees("An answer was not used")
    hands.says("The answer counts after all. Decided by a second person.")
    hands.says(reasons)


def answers() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Judgment)) or 0

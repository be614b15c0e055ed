"""Fair decisions as people meet them in a browser without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from labeler.accounts.models import SignInSession, User
from labeler.accounts.permissions import Role
from labeler.assignment.service import Handed, hand_out, reveal
from labeler.audit.models import AuditEntry
from labeler.cases import marking, watch
from labeler.cases.grievance_models import Grievance, GrievanceMessage, WatchFlag
from labeler.cases.grievances import open_grievance
from labeler.cases.models import Case, NotUsed, Review
from labeler.cases.rules import NEW_AN_HOUR, Decider
from labeler.clock import now
from labeler.db import transaction
from labeler.judgments.service import revise, submit
from labeler.wellbeing.models import Exposure, ExposurePath
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Restriction
from labeler.workforce.service import shut_out
from tests.cases.making import DAY, EVIDENCE, REASONS, answer
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor, bar_from_work
from tests.web.robot import Page, Robot, sign_in

NAME = "Lena of the lake"


@dataclass(frozen=True)
class World:
    """Two vendors, a labeler with an answer at each, and one person of each other role at the first."""

    app: Flask
    people: dict[Role, UUID]
    lena: UUID
    stranger: UUID
    judgment: UUID
    vendor: UUID

    def sees(self, role: Role) -> Robot:
        return sign_in(self.app, self.lena if role is Role.LABELER else self.people[role])

    @property
    def hers(self) -> Robot:
        return self.sees(Role.LABELER)


@pytest.fixture
def world(app: Flask) -> World:
    with transaction() as session:
        lake, hill = add_vendor(session, "Lakeside Work"), add_vendor(session, "Hillside Work")
        people = {role: add_user(session, role, vendor=lake).id for role in Role if role is not Role.LABELER}
        add_tasks(session, add_project(session, slug="bread", name="Bread", overlap=2), 20)
        lena = add_labeler(session, lake, name=NAME, time_zone="Africa/Nairobi")
        stranger = add_labeler(session, hill)
        (judgment,) = answer(session, lena, now=now())
        answer(session, stranger, now=now())
        return World(app, people, lena.id, stranger.id, judgment, lake.id)


MARK = {"code": "duplicate", "evidence": EVIDENCE, "rule": "Read both"}


def marked(world: World) -> UUID:
    """Lena's answer is marked by the researcher; her case."""
    page = world.sees(Role.RESEARCHER)
    done = page.press(page.open(f"/projects/bread/review/{world.judgment}").form(str(world.judgment)), **MARK)
    assert done.status == 200 and "Kept. The labeler can answer once more" in done.words
    with transaction() as session:
        return session.scalars(select(NotUsed.case_id)).one()


def ask(world: World, case_id: UUID) -> Page:
    hers = world.hers
    return hers.press(hers.open(f"/me/cases/{case_id}").form("/review"), words="I disagree because it is mine.")


def the_review() -> UUID:
    with transaction() as session:
        return session.scalars(select(Review.id)).one()


def test_a_reviewer_reads_answers_under_made_up_names_and_marks_one(world: World) -> None:
    reviewer = world.sees(Role.RESEARCHER)
    page = reviewer.open("/projects/bread/review")
    assert len(re.findall(r"labeler [0-9a-f]{8}", page.words)) == 2
    assert NAME not in page.html and "Lakeside" not in page.html and str(world.lena) not in page.html
    one = reviewer.open(f"/projects/bread/review/{world.judgment}")
    assert "It is shown as the labeler saw it" in one.words and NAME not in one.html
    wrong = reviewer.press(one.form(str(world.judgment)), code="slow", evidence="short", rule="")
    assert wrong.status == 422 and "There are 2 problems" in wrong.words
    marked(world)
    assert "marked, does not count yet" in reviewer.open("/projects/bread/review").words


def test_the_labeler_sees_reason_evidence_dates_and_that_she_is_paid(world: World) -> None:
    case_id = marked(world)
    assert "You can answer again until" in world.hers.open("/me/cases").words
    page = world.hers.open(f"/me/cases/{case_id}")
    for words in ("You are still paid for it", "The same answer is there twice", EVIDENCE, "version 1: Read both",
                  "a person (researcher)", "Answer it again, if you like", "Ask for a review"):  # fmt: skip
        assert words in page.words, words
    assert not re.search(r"reject|violation|flagged|\bban\b|quality", page.words, re.I)
    assert page.links["All my cases"] == "/me/cases" and "My cases" in world.hers.open("/account").links


def test_the_desk_says_for_two_weeks_that_something_was_decided(world: World) -> None:
    assert "About your work" not in world.hers.open("/work").words
    case_id = marked(world)
    desk = world.hers.open("/work")
    assert "About your work" in desk.words and "An answer was not used" in desk.words
    assert desk.links["Look at it"] == f"/me/cases/{case_id}"
    with time_machine.travel(now() + 15 * DAY, tick=False):
        assert "About your work" not in world.hers.open("/work").words


def test_an_account_that_is_in_use_is_restricted_before_it_is_shut(world: World) -> None:
    with transaction() as session:
        session.get_one(User, world.lena).password_hash = "argon2 stands here"
    admin = world.sees(Role.ADMIN)
    page = admin.open(f"/people/{world.lena}/disable")
    assert "with written reasons, with notice" in page.words and not page.has("/disable")
    assert page.links["Restrict her from all work"] == f"/people/{world.lena}/restrict"
    form = admin.open(f"/people/{world.lena}/restrict").form("/restrict")
    admin.press(form, reasons=REASONS, safety="yes")
    page = admin.open(f"/people/{world.lena}/disable")
    assert "The account is shut" in admin.press(page.form("/disable")).words


def test_a_reviewer_reads_the_comment_too(world: World) -> None:
    with transaction() as session:
        said = {"choice": ["a2"], "comment": ["The second one is made up."]}
        revise(session, world.lena, world.judgment, said, "0123456789abcdef", now())
    page = world.sees(Role.RESEARCHER).open(f"/projects/bread/review/{world.judgment}")
    assert "What she added" in page.words and "changed 1 ×" in page.words
    assert page.words.count("The second one is made up.") >= 1


def test_she_answers_again_and_the_reviewer_takes_it(world: World) -> None:
    case_id = marked(world)
    hers = world.hers
    again = hers.open(hers.open(f"/me/cases/{case_id}").links["Answer it again"])
    form = again.form("/revise")
    hers.press(form, **{name: values[-1] for name, values in form.radios.items()})
    assert "A person looks at the new answer. Until then it counts." in hers.open(f"/me/cases/{case_id}").words
    reviewer = world.sees(Role.RESEARCHER)
    assert "Answered again: these wait for you" in reviewer.open("/projects/bread/review").words
    one = reviewer.open(f"/projects/bread/review/{world.judgment}")
    refused = reviewer.press(one.form("/confirm"), reasons="short")
    assert refused.status == 422
    assert reviewer.press(one.form("/accept")).status == 200
    assert "Your new answer was taken. It counts." in hers.open(f"/me/cases/{case_id}").words


def test_she_leaves_it_and_it_counts_at_once(world: World) -> None:
    case_id = marked(world)
    hers = world.hers
    page = hers.press(hers.open(f"/me/cases/{case_id}").form("/leave"))
    assert "left out of the data from then on" in page.words and not page.has("/leave") and page.has("/review")


def test_she_asks_for_a_review_and_reads_what_a_second_person_decided(world: World) -> None:
    case_id = marked(world)
    hers = world.hers
    empty = hers.press(hers.open(f"/me/cases/{case_id}").form("/review"), words=" ")
    assert empty.status == 422
    page = ask(world, case_id)
    assert "The reply is due" in page.words and "at the latest" in page.words
    officer = world.sees(Role.WELLBEING_OFFICER)
    assert "An answer was not used" in officer.open("/cases").links
    review = officer.open(f"/cases/review/{the_review()}")
    assert NAME in review.words and "I disagree because it is mine." in review.words
    officer.press(review.form("/write"), words="Which words do you mean?")
    assert "Which words do you mean?" in world.hers.open(f"/me/cases/{case_id}").words
    assert officer.press(review.form(str(the_review())), reasons="no").status == 422
    officer.press(review.form(str(the_review())), outcome="changed", reasons=REASONS)
    page = world.hers.open(f"/me/cases/{case_id}")
    assert "The answer counts after all. Decided by a second person." in re.sub(r"\s+([.])", r"\1", page.words)
    assert REASONS in page.words
    assert "Decided last" in officer.open("/cases").words


def test_a_review_past_its_date_is_listed_first_and_marked(world: World) -> None:
    ask(world, marked(world))
    with time_machine.travel(now() + 8 * DAY, tick=True):
        assert "late" in world.sees(Role.ADMIN).open("/cases").words
    with time_machine.travel(now() + 15 * DAY, tick=True):
        assert "past the limit" in world.sees(Role.ADMIN).open("/cases").words


def test_the_personal_link_works_after_the_account_is_shut_and_in_her_own_zone(world: World) -> None:
    case_id = marked(world)
    with time_machine.travel(now(), tick=False):
        page = world.hers.open(f"/me/cases/{case_id}")
        told = re.findall(r"until (\S+ \d+ \w+(?: \d{4})?, \d\d:\d\d)", page.words)
        link = re.findall(r"http://localhost(/cases/\S+)", page.words)[0]
        with transaction() as session:
            bar_from_work(session, world.lena)
            shut_out(session, world.people[Role.ADMIN], world.lena, now())
        visitor = Robot(world.app.test_client())
        by_link = visitor.open(link)
        assert by_link.status == 200 and EVIDENCE in by_link.words
        assert told[0] in by_link.words, "the same dates, in her own zone"
    done = visitor.press(by_link.form("/review"), words="I disagree.")
    assert "The reply is due" in done.words
    assert "One thing more." in visitor.press(done.form("/write"), words="One thing more.").words
    assert visitor.press(done.form("/write"), words="").status == 422


@pytest.mark.parametrize("change", ["cut", "swapped", "other", "odd", "long"])
def test_a_link_that_we_did_not_make_opens_nothing(world: World, change: str) -> None:
    case_id = marked(world)
    link = re.findall(r"http://localhost(/cases/\S+)", world.hers.open(f"/me/cases/{case_id}").words)[0]
    wrong = {
        "cut": link[:-1],
        "swapped": link.swapcase().replace("/CASES", "/cases"),
        "other": link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB"),
        "odd": "/cases/ä-ü",
        "long": "/cases/" + "x" * 3_000,
    }[change]
    assert Robot(world.app.test_client()).open(wrong).status == 404


def test_a_manager_restricts_her_labeler_and_never_reads_what_she_says(world: World) -> None:
    manager = world.sees(Role.VENDOR_MANAGER)
    assert "Restrictions …" in manager.open(f"/people/{world.lena}").links
    page = manager.open(f"/people/{world.lena}/restrict")
    form = page.form("/restrict")
    day = (now() + 20 * DAY).date().isoformat()
    wrong = manager.press(form, project="x", from_day=now().date().isoformat(), reasons="")
    assert wrong.status == 422 and "There are 3 problems" in wrong.words
    done = manager.press(form, project="", from_day=day, reasons=REASONS)
    assert "Begins" in done.words
    with transaction() as session:
        case_id = session.scalars(select(Case.id)).one()
    hers = world.hers.open(f"/me/cases/{case_id}")
    for words in ("can't be given any tasks", REASONS, "a person (vendor manager)", "You can ask until"):
        assert words in hers.words, words
    ask(world, case_id)
    after = manager.open(f"/people/{world.lena}/restrict")
    assert "I disagree" not in after.html
    assert "The restriction has ended." in manager.press(after.form("/lift")).words
    assert manager.open(f"/people/{world.stranger}/restrict").status == 404


def test_a_restriction_for_safety_begins_now_and_waits_for_somebody_else(world: World) -> None:
    admin = world.sees(Role.ADMIN)
    form = admin.open(f"/people/{world.lena}/restrict").form("/restrict")
    admin.press(form, project="", from_day="", reasons=REASONS, safety="yes")
    with transaction() as session:
        assert session.scalars(select(Restriction.from_at)).one() <= now()
    page = admin.open(f"/cases/review/{the_review()}")
    assert "You made this decision. Somebody else has to look at it again." in page.words
    assert not page.has(str(the_review()))


def test_a_danger_is_reported_from_the_help_page(world: World) -> None:
    hers = world.hers
    form = hers.open("/me/help").form("/me/danger")
    assert hers.press(form, words="").status == 422
    done = hers.press(form, words="Somebody was threatened.")
    assert "This has no effect on your work or your pay" in done.words and "A safety review began" in done.words
    assert "/me/danger" not in Robot(world.app.test_client()).open("/me/help").html
    assert hers.open("/me/danger").has("/me/danger")


def grieve(robot: Robot, **fields: str) -> Page:
    return robot.press(robot.open("/grievance").form("/grievance"), words="My manager reads my breaks aloud.", **fields)


def test_a_grievance_needs_no_account_and_its_token_opens_both_sides(world: World) -> None:
    visitor = Robot(world.app.test_client())
    done = grieve(visitor, vendor=str(world.vendor))
    token = re.findall(r"(?<![\w-])[\w-]{43}(?![\w-])", done.words)[0]
    officer = world.sees(Role.WELLBEING_OFFICER)
    with transaction() as session:
        key = session.scalars(select(Grievance.id)).one()
    assert "Lakeside Work" in officer.open("/grievances").words
    page = officer.open(f"/grievances/{key}")
    assert "My manager reads my breaks aloud." in page.words and token not in page.html
    officer.press(page.form("/acknowledge"))
    officer.press(page.form("/answer"), words="Since when?")
    assert officer.press(page.form("/answer"), words="").status == 422
    read = visitor.press(visitor.open("/grievance").form("/read"), token=token)
    assert "Since when?" in read.words and read.status == 200
    assert "Since May." in visitor.press(read.form("/reply"), words="Since May.").words
    assert visitor.press(read.form("/reply"), words="").status == 422
    form = officer.open(f"/grievances/{key}").form("/answer")
    form.action = f"/grievances/{key}/conclude"
    officer.press(form, words="It ends.", outcome="substantiated")
    assert "What was said is right" in visitor.press(visitor.open("/grievance").form("/read"), token=token).words


def test_a_grievance_works_after_the_account_is_shut_in_the_same_browser(world: World) -> None:
    hers = world.hers
    with transaction() as session:
        bar_from_work(session, world.lena)
        shut_out(session, world.people[Role.ADMIN], world.lena, now())
    assert "Keep this token" in grieve(hers).words


def test_a_session_in_the_same_browser_is_neither_read_nor_marked_as_seen(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        hers = world.hers
        at.shift(timedelta(hours=1, minutes=7))
        page = grieve(hers)
        assert "Sign out" not in page.words and NAME not in page.html
        with transaction() as session:
            seen = session.scalars(select(SignInSession.seen_at).where(SignInSession.user_id == world.lena)).one()
            assert seen == NOW
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "grievance.open")).one()
            assert (entry.actor_id, entry.vendor_id, entry.at) == (None, None, NOW + timedelta(hours=1))
            assert session.scalars(select(Grievance.opened_at)).one() == NOW + timedelta(hours=1)


def test_a_full_hour_keeps_the_text_on_the_page_and_stores_nothing(world: World) -> None:
    with time_machine.travel(NOW, tick=False):
        with transaction() as session:
            for _ in range(NEW_AN_HOUR):
                open_grievance(session, "Words", None, NOW)
        page = grieve(Robot(world.app.test_client()))
    assert page.status == 409 and "Keep your text" in page.words
    assert "My manager reads my breaks aloud." in page.html
    with transaction() as session:
        assert session.execute(select(func.count()).select_from(GrievanceMessage)).scalar_one() == NEW_AN_HOUR


@pytest.mark.parametrize("path", ["read", "reply"])
def test_a_wrong_token_is_said_and_an_unusable_vendor_too(world: World, path: str) -> None:
    visitor = Robot(world.app.test_client())
    form = visitor.open("/grievance").form("/read")
    form.action = f"/grievance/{path}"
    page = visitor.press(form, token="nothing", words="Words")
    assert page.status == 422 and "There is no grievance under this token" in page.words
    assert grieve(visitor, vendor="nothing").status == 422
    assert grieve(visitor, vendor=str(UUID(int=1))).status == 422


def test_nobody_but_the_officer_sees_grievances_and_the_watch(world: World) -> None:
    for role in Role:
        for path in ("/grievances", "/watch"):
            status = world.sees(role).open(path).status
            assert status == (200 if role is Role.WELLBEING_OFFICER else 403), (role, path)


def test_the_officer_looks_at_a_flag_and_keeps_what_she_found(world: World) -> None:
    case_id = marked(world)
    ask(world, case_id)
    with transaction() as session:
        bar_from_work(session, world.lena)
        shut_out(session, world.people[Role.ADMIN], world.lena, now())
        assert watch.look_around(session, now()) == 1
        flag = session.scalars(select(WatchFlag.id)).one()
    officer = world.sees(Role.WELLBEING_OFFICER)
    listed = officer.open("/watch")
    assert "Her account was shut" in listed.links and NAME not in listed.html
    page = officer.open(f"/watch/{flag}")
    assert NAME in page.words
    assert officer.press(page.form(str(flag)), note="x").status == 422
    assert "upheld" in officer.press(page.form(str(flag)), state="upheld", note="The same day.").words
    with transaction() as session:
        looks = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.act == "watch.look")).all()
    assert len(looks) >= 3 and set(looks) == {world.people[Role.WELLBEING_OFFICER]}


def test_a_sensitive_text_is_shown_to_a_reviewer_on_request_and_counts(app: Flask) -> None:
    with transaction() as session:
        reviewer = add_user(session, Role.RESEARCHER).id
        add_tasks(session, add_project(session, slug="hard", categories={"W05": 2}), 1, profile={"W05": 2})
        labeler = add_labeler(session)
        give_consent(session, labeler.id, "W05", 2, now())
        handed = hand_out(session, labeler.id, now())
        assert isinstance(handed, Handed)
        reveal(session, labeler.id, handed.assignment_id, now())
        done = submit(session, labeler.id, handed.assignment_id, {"choice": ["a2"]}, "0123456789abcdef", now())
    robot = sign_in(app, reviewer)
    page = robot.open(f"/projects/hard/review/{done.judgment.id}")
    assert ("[placeholder" not in page.html and "Before you open" in page.words) or "Show it" in page.words
    shown = robot.press(page.form("/show"))
    assert "[placeholder" in shown.html
    with transaction() as session:
        kept = session.scalars(select(Exposure).where(Exposure.path == ExposurePath.REVIEW)).one()
        assert (kept.person_id, kept.severity, kept.profile, kept.seconds) == (reviewer, 2, "W05:2", 60)
    assert "[placeholder" not in robot.open(f"/projects/hard/review/{done.judgment.id}").html


def test_a_representative_sees_rules_and_her_vendors_numbers_only(world: World) -> None:
    page = world.sees(Role.WORKER_REPRESENTATIVE).open("/conditions")
    assert "Lakeside Work" in page.words and "Hillside" not in page.html and NAME not in page.html
    assert "not tested" in page.words and "REJ-2" in page.words
    asked = world.sees(Role.WORKER_REPRESENTATIVE).open("/conditions?vendor=" + str(UUID(int=1)))
    assert "Lakeside Work" in asked.words
    for role in (Role.AUDITOR, Role.ADMIN, Role.WELLBEING_OFFICER):
        assert "Hillside Work" in world.sees(role).open("/conditions").html
    assert world.sees(Role.VENDOR_MANAGER).open("/conditions").status == 403


def test_a_held_batch_waits_in_the_queue_without_a_name(world: World) -> None:
    with transaction() as session:
        labelers = [add_labeler(session) for _ in range(2)]
        made = [each for labeler in labelers for each in answer(session, labeler, 5, now())]
        for judgment_id in made[:5]:
            marking.mark(session, Decider(world.people[Role.RESEARCHER], Role.RESEARCHER), judgment_id, "duplicate",
                         EVIDENCE, None, "", now())  # fmt: skip
    admin = world.sees(Role.ADMIN)
    page = admin.open(f"/cases/review/{the_review()}")
    assert "5 decisions about answers of the batch" in page.words and not page.has("/write")
    admin.press(page.form(str(the_review())), outcome="changed", reasons=REASONS)
    with transaction() as session:
        assert session.scalars(select(NotUsed).where(NotUsed.ended_at.is_(None))).all() == []

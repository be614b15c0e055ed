"""A project is handed out only as a second person approved it: what is approved, by whom, and what reopens it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, Role, may
from labeler.assignment.service import Handed, hand_out
from labeler.audit.models import AuditEntry
from labeler.db import table, transaction
from labeler.errors import Conflict, Forbidden, Invalid, LabelerError
from labeler.jobs.schedule import pause_what_lapsed
from labeler.projects import service
from labeler.projects.files import plan_of
from labeler.projects.models import Project, ProjectOffer
from labeler.projects.queries import offered_to
from labeler.projects.rules import ProjectState
from labeler.projects.usage import policy, queries, rules
from labeler.projects.usage import service as usage
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.rules import ApprovalState, Ask, Standing, Use
from labeler.projects.usage.withdrawing import withdraw
from labeler.workforce.models import Labeler
from tests.support.build import (
    LONG_AGO,
    NOW,
    USE,
    add_approval,
    add_labeler,
    add_project,
    add_tasks,
    add_user,
    add_vendor,
)
from tests.support.database import Database

HOUR = timedelta(hours=1)
WHY = "Looked at the instructions and at the client."
FACTS: dict[str, Any] = {"name": "Bread", "categories": {"W06": 2}, "sensitive_share": 0.1, "offered_to": []}
POLICIES = policy.versions()


def asked(state: ApprovalState, use: Use = USE, settled: datetime = LONG_AGO, **facts: Any) -> Ask:
    of = FACTS | facts
    return Ask(state, use, of, rules.digest_of(of, use, POLICIES[use.policy].digest), settled)


A = ApprovalState


class TestRule:
    def test_who_may_be_the_second_person(self) -> None:
        assert {role for role in Role if may(role, Permission.PROJECTS_APPROVE)} == {Role.ADMIN, Role.RESEARCHER}

    @pytest.mark.parametrize(
        ("asks", "standing"),
        [
            ([], Standing.NEVER_ASKED),
            ([asked(A.REPLACED)], Standing.NEVER_ASKED),
            ([asked(A.WAITING)], Standing.WAITING),
            ([asked(A.REFUSED)], Standing.REFUSED),
            ([asked(A.APPROVED)], Standing.APPROVED),
            ([asked(A.REFUSED), asked(A.APPROVED)], Standing.REFUSED),
            ([asked(A.APPROVED), asked(A.REFUSED)], Standing.APPROVED),
            ([asked(A.WAITING, name="Rye"), asked(A.APPROVED)], Standing.APPROVED),
            ([asked(A.APPROVED, name="Rye"), asked(A.APPROVED)], Standing.APPROVED),  # changed back
            ([asked(A.APPROVED, name="Rye")], Standing.CHANGED),
            ([asked(A.WAITING, name="Rye")], Standing.CHANGED),
            ([asked(A.REFUSED, Use("Something else entirely", (), "", 1)), asked(A.APPROVED)], Standing.APPROVED),
            ([asked(A.WITHDRAWN)], Standing.WITHDRAWN),
            ([asked(A.WITHDRAWN, name="Rye")], Standing.WITHDRAWN),  # a change does not heal it
            ([asked(A.WAITING), asked(A.WITHDRAWN)], Standing.WAITING),
            ([asked(A.APPROVED), asked(A.WITHDRAWN)], Standing.APPROVED),  # approved anew
            ([asked(A.REFUSED, settled=LONG_AGO), asked(A.WITHDRAWN, settled=NOW)], Standing.WITHDRAWN),
            ([asked(A.REFUSED, settled=NOW), asked(A.WITHDRAWN, settled=LONG_AGO)], Standing.REFUSED),
        ],
    )
    def test_the_newest_decision_about_exactly_this_counts(self, asks: list[Ask], standing: Standing) -> None:
        found = rules.stands(asks, FACTS, POLICIES)
        assert (found.standing, found.may_go_live) == (standing, standing is Standing.APPROVED)

    def test_a_change_is_named(self) -> None:
        assert rules.stands([asked(A.APPROVED, name="Rye", offered_to=["x"])], FACTS, POLICIES).changed == (
            "name", "offered_to",
        )  # fmt: skip

    def test_a_new_policy_asks_for_a_new_approval(self) -> None:
        newer = {**POLICIES, 2: POLICIES[1]}
        assert rules.stands([asked(A.APPROVED)], FACTS, newer).standing is Standing.OLD_POLICY

    @given(
        st.dictionaries(st.sampled_from(list(FACTS)), st.text(max_size=3) | st.integers(-5, 5), max_size=2),
        st.tuples(st.text(max_size=5), st.lists(st.sampled_from(["S01", "S02"]), unique=True), st.text(max_size=5)),
    )
    def test_a_digest_is_of_everything(self, changed: dict[str, Any], said: tuple[str, list[str], str]) -> None:
        use, now = Use(said[0], tuple(said[1]), said[2], 1), FACTS | changed
        same = rules.digest_of(FACTS, USE, "p") == rules.digest_of(now, use, "p")
        assert same == (now == FACTS and use == USE)
        assert rules.digest_of(now, use, "p") != rules.digest_of(now, use, "q")

    def test_what_labelers_found_is_kept_apart_from_what_was_declared(self) -> None:
        found = rules.found_beside(None, {"W06": 1}, {"W06": 2, "W10": 3}, 0.1, 0.2)
        found = rules.found_beside(found, {"W06": 2, "W10": 3}, {"W06": 3}, 0.2, 0.2)
        assert found == {"W06": [1, 3], "W10": [0, 3], "share": [0.1, 0.2]}
        assert rules.declared(found, {"W06": 3, "W10": 3, "W05": 1}, 0.2) == ({"W06": 1, "W05": 1}, 0.1)
        assert rules.declared(found, {"W06": 4, "W10": 3}, 0.5) == ({"W06": 4}, 0.5)  # changed by its team since

    def test_everything_wrong_with_a_declared_use_is_told_at_once(self) -> None:
        problems = rules.use_problems(Use("Training.", ("S01", "S99"), "", 1), False, policy.in_force())
        assert [each.field for each in problems] == ["intended_use", "scrutiny", "safeguards", "harmless"]

    def test_a_use_that_needs_care_is_approved_with_reasons(self) -> None:
        assert rules.reason_problem(A.APPROVED, "", ()) is None
        assert rules.reason_problem(A.APPROVED, "Fine.", ("S01",)) is not None
        assert rules.reason_problem(A.REFUSED, "No.", ()) is not None
        assert rules.reason_problem(A.REFUSED, WHY, ("S01",)) is None
        assert rules.reason_problem(A.WITHDRAWN, "No.", ()) is not None

    def test_a_version_of_the_policy_stands(self) -> None:
        # What was in force is never changed: write policy_2.toml instead.
        digest = POLICIES[1].digest
        assert digest == "9baacc4dc945621c3c65d43c18fc40cade1ed0e6dcc719bf71a74e80a53e97ca"


@pytest.fixture
def draft(session: Session) -> Project:
    project = add_project(session, state=ProjectState.CHECKED, approved=False)
    add_tasks(session, project, 2)
    return project


def ask(session: Session, project: Project, by: UUID | None = None, **said: Any) -> ProjectApproval:
    given = {"scrutiny": (), "safeguards": "", "harmless": True, "now": NOW} | said
    return usage.ask(session, by or project.created_by, project.id, USE.intended_use, **given)


def entries(session: Session, project: Project) -> list[str]:
    found = select(AuditEntry).where(AuditEntry.subject_id == project.id).order_by(AuditEntry.id)
    return [each.act for each in session.scalars(found)]


def second(session: Session) -> UUID:
    return add_user(session, Role.RESEARCHER).id


def test_it_goes_live_only_when_somebody_else_has_approved_it(session: Session, draft: Project) -> None:
    with pytest.raises(usage.Unapproved, match="No second person"):
        service.publish(session, draft.created_by, draft.id, NOW)
    waits = ask(session, draft)
    with pytest.raises(usage.Unapproved, match="waits for a second person"):
        service.publish(session, draft.created_by, draft.id, NOW)
    usage.approve(session, second(session), draft.id, waits.digest, "", NOW + HOUR)
    assert service.publish(session, draft.created_by, draft.id, NOW + HOUR).state is ProjectState.LIVE
    assert entries(session, draft) == ["project.ask", "project.approve", "project.publish"]


def test_a_refusal_says_why_and_keeps_it_shut(session: Session, draft: Project) -> None:
    waits, other = ask(session, draft), second(session)
    with pytest.raises(Invalid, match="Nothing was decided"):
        usage.refuse(session, other, draft.id, waits.digest, " No. ", NOW)
    usage.refuse(session, other, draft.id, waits.digest, WHY, NOW)
    with pytest.raises(usage.Unapproved, match="refused"):
        service.publish(session, draft.created_by, draft.id, NOW)
    assert usage.refuse(session, other, draft.id, waits.digest, WHY, NOW).reasons == WHY
    with pytest.raises(Conflict, match="decided already"):
        usage.approve(session, other, draft.id, waits.digest, "", NOW)
    assert entries(session, draft) == ["project.ask", "project.refuse"]


def test_who_asked_made_or_changed_it_is_no_second_person(session: Session, draft: Project) -> None:
    asker, changer, other = second(session), second(session), second(session)
    service.add_guideline(session, changer, draft.id, "Read twice.", NOW)
    waits = ask(session, draft, by=asker)
    for who in (asker, changer, draft.created_by):
        with pytest.raises(Forbidden, match="somebody else has to look"):
            usage.approve(session, who, draft.id, waits.digest, "", NOW)
    usage.approve(session, other, draft.id, waits.digest, "", NOW + HOUR / 2)
    # What was approved then is somebody else's to answer for: only who changed it since is its author now.
    later = ask(session, draft, by=asker, now=NOW + HOUR, safeguards="Nobody is named.")
    usage.approve(session, changer, draft.id, later.digest, "", NOW + HOUR)


def test_two_accounts_of_one_person_are_one_person(session: Session, draft: Project) -> None:
    one, other = add_labeler(session), add_labeler(session)
    session.execute(update(table(Labeler)).where(Labeler.id == other.id).values(person_id=one.id))
    waits = ask(session, draft, by=one.id)
    with pytest.raises(Forbidden):
        usage.approve(session, other.id, draft.id, waits.digest, "", NOW)


def test_the_database_keeps_the_second_person_and_the_reasons(session: Session, draft: Project) -> None:
    waits = ask(session, draft)
    wrong: list[dict[str, Any]] = [
        {"state": A.APPROVED, "decided_by": draft.created_by, "decided_at": NOW},
        {"state": A.REFUSED, "decided_by": second(session), "decided_at": NOW, "reasons": "No."},
        {"state": A.APPROVED},
        {"state": A.WITHDRAWN},
        {"state": A.WITHDRAWN, "decided_by": second(session), "decided_at": NOW, "withdrawn_at": NOW},
        {"withdrawn_at": NOW, "withdrawn_by": second(session)},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(update(table(ProjectApproval)).where(ProjectApproval.id == waits.id).values(**values))


def test_what_changed_since_it_was_asked_for_is_not_approved(session: Session, draft: Project) -> None:
    waits, other = ask(session, draft), second(session)
    service.add_guideline(session, draft.created_by, draft.id, "Something else.", NOW)
    with pytest.raises(Conflict, match="not what you looked at"):
        usage.approve(session, other, draft.id, waits.digest, "", NOW)
    anew = ask(session, draft, now=NOW + HOUR)
    with pytest.raises(Conflict, match="not what you looked at"):
        usage.approve(session, other, draft.id, waits.digest, "", NOW)  # she has the old page open
    assert waits.state is A.REPLACED
    assert ask(session, draft, now=NOW + HOUR).id == anew.id, "the same again is the same"
    usage.approve(session, other, draft.id, anew.digest, "", NOW + HOUR)
    assert queries.standing(session, draft).stands.may_go_live


CHANGES: dict[str, dict[str, Any]] = {
    "name": {"name": "Other"},
    "purpose": {"purpose": "To sell shoes."},
    "client_name": {"client_name": "Somebody else"},
    "languages": {"languages": ["en", "sw"]},
    "categories": {"categories": {"W06": 2}, "sensitive_share": 0.2},
    "pay_rate": {"pay_rate": "1 EUR a task"},
    "seconds_estimate": {"seconds_estimate": 5},
    "offered_to": {"offered_to": ["Lake"]},
    "guideline": {"guideline": {"text": "Something else."}},
}


@pytest.mark.parametrize("fact", CHANGES)
def test_any_change_of_a_live_project_pauses_it_until_it_is_approved_again(session: Session, fact: str) -> None:
    add_vendor(session, "Lake")
    project = add_project(session, now=LONG_AGO)
    add_tasks(session, project, 1)
    me, other = add_labeler(session).id, second(session)
    before = plan_of(project, offered_to(session, project.id), service.guideline_text(session, project))
    changed = type(before).model_validate(before.model_dump() | CHANGES[fact])
    service.change(session, project.created_by, project.id, changed, NOW)
    assert project.state is ProjectState.PAUSED
    assert entries(session, project)[-1] in ("project.lapse", "project.change")
    assert not isinstance(hand_out(session, me, NOW), Handed)
    with pytest.raises(usage.Unapproved, match="not what was approved"):
        service.resume(session, project.created_by, project.id, NOW)
    waits = ask(session, project)
    usage.approve(session, other, project.id, waits.digest, "", NOW)
    assert service.resume(session, project.created_by, project.id, NOW).state is ProjectState.LIVE


def test_every_fact_that_can_change_while_live_is_tried_above(session: Session) -> None:
    project = add_project(session)
    fixed = {"kind", "options", "overlap"}  # stand once it has been live
    assert set(queries.facts_of(session, project)) == set(CHANGES) | fixed | {"sensitive_share"}
    assert set(usage.FACTS) == set(queries.facts_of(session, project))


def test_going_back_to_what_was_approved_needs_nobody(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 1)
    text = service.guideline_text(session, project)
    service.add_guideline(session, project.created_by, project.id, "Something else.", NOW)
    assert project.state is ProjectState.PAUSED
    service.add_guideline(session, project.created_by, project.id, text or "", NOW)
    assert service.resume(session, project.created_by, project.id, NOW).state is ProjectState.LIVE


def test_what_labelers_find_pauses_nobody_and_what_an_import_brings_does(session: Session) -> None:
    project = add_project(session, categories={"W06": 1})
    service.widen(session, None, project, {"W06": 2, "W10": 2}, 0.3, NOW)
    assert (project.state, project.categories) == (ProjectState.LIVE, {"W06": 2, "W10": 2})
    service.widen(session, project.created_by, project, {"W05": 2}, 0.3, NOW)
    assert project.state is ProjectState.PAUSED


def test_taking_an_approval_back_pauses_a_live_project(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 1)
    again = ask(session, project, now=NOW + HOUR)
    assert project.state is ProjectState.LIVE
    usage.refuse(session, second(session), project.id, again.digest, WHY, NOW + HOUR)
    assert project.state is ProjectState.PAUSED
    with pytest.raises(usage.Unapproved, match="refused"):
        service.resume(session, project.created_by, project.id, NOW)


def test_who_approved_withdraws_it_and_the_project_is_held_at_once(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 2)
    me, given = add_labeler(session).id, queries.asks(session, project.id)[0]
    assert given.decided_by is not None
    with pytest.raises(Invalid, match="Nothing was withdrawn"):
        withdraw(session, given.decided_by, project.id, given.digest, " No. ", NOW)
    for _ in range(2):  # twice is once
        withdraw(session, given.decided_by, project.id, given.digest, WHY, NOW)
    assert entries(session, project) == ["project.withdraw", "project.lapse"]
    assert (project.state, given.reasons, given.withdrawn_why) == (ProjectState.PAUSED, None, WHY)
    assert not isinstance(hand_out(session, me, NOW), Handed)
    with pytest.raises(usage.Unapproved, match="was withdrawn"):
        service.resume(session, project.created_by, project.id, NOW)
    anew = ask(session, project, now=NOW + HOUR, safeguards="Nobody is named.")
    usage.approve(session, second(session), project.id, anew.digest, "", NOW + HOUR)
    assert service.resume(session, project.created_by, project.id, NOW + HOUR).state is ProjectState.LIVE
    with pytest.raises(Conflict, match="not what you looked at"):  # her old page, sent again
        withdraw(session, given.decided_by, project.id, given.digest, WHY, NOW + HOUR)


def test_an_administrator_withdraws_anybodys_and_no_other_does(session: Session, draft: Project) -> None:
    waits, approver = ask(session, draft), second(session)
    usage.approve(session, approver, draft.id, waits.digest, "", NOW)
    for nobody in (second(session), draft.created_by):
        with pytest.raises(Forbidden, match="Only who gave"):
            withdraw(session, nobody, draft.id, waits.digest, WHY, NOW)
    withdraw(session, add_user(session, Role.ADMIN).id, draft.id, waits.digest, WHY, NOW)
    with pytest.raises(usage.Unapproved, match="was withdrawn"):
        service.publish(session, draft.created_by, draft.id, NOW)
    with pytest.raises(Conflict, match="withdrawn already"):
        withdraw(session, approver, draft.id, waits.digest, WHY, NOW)


def test_what_is_withdrawn_comes_back_by_no_change(session: Session) -> None:
    project, admin = add_project(session), add_user(session, Role.ADMIN).id
    add_tasks(session, project, 1)
    text = service.guideline_text(session, project) or ""
    service.add_guideline(session, project.created_by, project.id, "Something else.", NOW)
    later = ask(session, project, now=NOW + HOUR)
    usage.approve(session, admin, project.id, later.digest, "", NOW + HOUR)
    withdraw(session, admin, project.id, later.digest, WHY, NOW + HOUR)
    for instructions in (text, "Something else.", "A third."):
        service.add_guideline(session, project.created_by, project.id, instructions, NOW + HOUR)
        with pytest.raises(usage.Unapproved, match="was withdrawn"):
            service.resume(session, project.created_by, project.id, NOW + HOUR)


def test_the_approval_of_a_project_that_changed_since_can_be_withdrawn(session: Session) -> None:
    project, admin = add_project(session), add_user(session, Role.ADMIN).id
    add_tasks(session, project, 1)
    given = queries.asks(session, project.id)[0]
    text = service.guideline_text(session, project) or ""
    service.add_guideline(session, project.created_by, project.id, "Something else.", NOW)
    withdraw(session, admin, project.id, given.digest, WHY, NOW)
    service.add_guideline(session, project.created_by, project.id, text, NOW)
    assert queries.standing(session, project).stands.standing is Standing.WITHDRAWN
    closed = add_project(session, state=ProjectState.CLOSED)
    with pytest.raises(Conflict, match="closed"):
        withdraw(session, admin, closed.id, queries.asks(session, closed.id)[0].digest, WHY, NOW)


def test_what_was_withdrawn_makes_nobody_a_second_person(session: Session, draft: Project) -> None:
    changer, asker, admin = second(session), second(session), add_user(session, Role.ADMIN).id
    service.add_guideline(session, changer, draft.id, "Read twice.", NOW)
    waits = ask(session, draft, by=asker)
    usage.approve(session, admin, draft.id, waits.digest, "", NOW + HOUR / 2)
    withdraw(session, admin, draft.id, waits.digest, WHY, NOW + HOUR)
    anew = ask(session, draft, by=asker, now=NOW + HOUR)
    with pytest.raises(Forbidden, match="somebody else has to look"):
        usage.approve(session, changer, draft.id, anew.digest, "", NOW + HOUR)


def test_what_is_changed_past_the_services_is_found_by_the_clock(database: Database) -> None:
    with transaction() as session:
        vendor = add_vendor(session).id
        bare, moved, fine = add_project(session, approved=False), add_project(session), add_project(session)
        session.add(ProjectOffer(project_id=moved.id, vendor_id=vendor))
    for _ in range(2):
        pause_what_lapsed()
    with transaction() as session:
        states = {each: session.get_one(Project, each.id).state for each in (bare, moved, fine)}
        lapsed = select(AuditEntry.subject_id).where(AuditEntry.act == "project.lapse")
        assert set(session.scalars(lapsed)) == {bare.id, moved.id}
        assert len(session.scalars(lapsed).all()) == 2
    assert list(states.values()) == [ProjectState.PAUSED, ProjectState.PAUSED, ProjectState.LIVE]


def test_of_an_approval_and_a_change_at_once_no_unseen_project_goes_live(database: Database) -> None:
    for _ in range(3):
        with transaction() as session:
            project = add_project(session, state=ProjectState.CHECKED, approved=False)
            add_tasks(session, project, 1)
            other, digest = second(session), ask(session, project).digest

        def approve(project: Project = project, other: UUID = other, digest: str = digest) -> None:
            with transaction() as session:
                usage.approve(session, other, project.id, digest, "", NOW)
            with transaction() as session:
                service.publish(session, other, project.id, NOW)

        def change(project: Project = project) -> None:
            with transaction() as session:
                service.add_guideline(session, project.created_by, project.id, "Something else.", NOW)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(approve), pool.submit(change)]:
                try:
                    done.result()
                except LabelerError:
                    pass
        with transaction() as session:
            after = session.get_one(Project, project.id)
            assert (after.state is ProjectState.LIVE) <= queries.standing(session, after).stands.may_go_live


def test_a_closed_project_is_not_asked_for(session: Session) -> None:
    project = add_project(session, state=ProjectState.CLOSED)
    with pytest.raises(Conflict, match="closed"):
        ask(session, project)
    assert queries.waiting(session) == []


def test_the_list_has_what_waits(session: Session, draft: Project) -> None:
    waits = ask(session, draft)
    ((row, project, _),) = queries.waiting(session)
    assert (row.id, project.id) == (waits.id, draft.id)
    add_approval(session, draft, NOW + HOUR)  # an older row of somebody else's stands beside it
    assert queries.standing(session, draft).stands.may_go_live

"""A report binds at once and for everybody; a look is a named person's; on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.queries import held_task
from labeler.assignment.resuming import resume as take_up
from labeler.assignment.service import Handed, Nothing, expire, hand_out, opt_out, reveal, skip
from labeler.audit.models import AuditEntry
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.projects.models import Lane, Project, ProjectStop, Task
from labeler.projects.rules import ProjectState
from labeler.projects.service import publish, resume
from labeler.warnings.covering import before_notice
from labeler.warnings.escalating import decide, name_contact
from labeler.warnings.models import ContentReport, Decision, Escalation
from labeler.warnings.queries import contact, decisions, escalations, surprise, waiting, warned
from labeler.warnings.reviewing import confirm, lower, show
from labeler.warnings.service import Reported, report
from labeler.wellbeing.models import Exposure, OptOutScope
from labeler.wellbeing.rules import Reason, Stop
from labeler.wellbeing.service import give_consent
from tasks.content import Category, Severity
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user

W06 = Category.W06
MINUTE = timedelta(minutes=1)
WHY = "Read again by two of us: it is a quotation of a textbook."


def given(session: Session, labeler: UUID) -> UUID:
    handed = hand_out(session, labeler, NOW)
    assert isinstance(handed, Handed)
    return handed.assignment_id


def profile_of(session: Session, task_id: UUID) -> str:
    return session.execute(select(Lane.profile).join(Task).where(Task.id == task_id)).scalar_one()


def acts(session: Session, act: str) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.act == act)))


@pytest.fixture
def project(session: Session) -> Project:
    return add_project(session, overlap=3, categories={"W06": 2}, sensitive_share=0.2)


@pytest.fixture
def willing(session: Session) -> list[UUID]:
    """Three labelers who read what is disturbing."""
    people = [add_labeler(session).id for _ in range(3)]
    for labeler in people:
        give_consent(session, labeler, "W06", 2, NOW)
    return people


class TestReport:
    def test_a_mild_task_that_is_worse_goes_to_the_lane_it_belongs_to(self, session: Session, project: Project) -> None:
        (task,) = add_tasks(session, project, 1)
        me = add_labeler(session).id
        mine = given(session, me)
        assert report(session, me, mine, "W06", 3, NOW) == Reported(raised=True, gone=True)
        assert profile_of(session, task.id) == "W06:3"
        session.refresh(task)
        assert task.claims == 0
        assert session.get_one(Assignment, mine).state is AssignmentState.REVOKED
        assert isinstance(hand_out(session, add_labeler(session).id, NOW), Nothing)

    def test_everybody_who_may_not_see_it_gives_it_back_and_is_paid(
        self, session: Session, project: Project, willing: list[UUID]
    ) -> None:
        (task,) = add_tasks(session, project, 1, profile={"W06": 2})
        strong = willing[0]
        give_consent(session, strong, "W06", 3, NOW)
        held = {labeler: given(session, labeler) for labeler in willing}
        for labeler, assignment in held.items():
            assert reveal(session, labeler, assignment, NOW) is None
        done = report(session, willing[1], held[willing[1]], "W06", 3, NOW + MINUTE)
        assert done == Reported(raised=True, gone=True)
        states = {labeler: session.get_one(Assignment, held[labeler]) for labeler in willing}
        assert states[strong].state is AssignmentState.HELD
        assert states[strong].revealed_at is None and states[strong].seen_seconds == 60  # told anew before she goes on
        assert [states[each].state for each in willing[1:]] == [AssignmentState.REVOKED] * 2
        assert len(acts(session, "assignment.revoke")) == 2
        shown = held_task(session, strong, NOW + MINUTE)
        assert shown is not None and shown.item is None
        session.refresh(task)
        assert task.claims == 1

    def test_a_forbidden_text_is_taken_from_everybody(
        self, session: Session, project: Project, willing: list[UUID]
    ) -> None:
        add_tasks(session, project, 1, profile={"W06": 2})
        give_consent(session, willing[0], "W06", 3, NOW)
        held = [given(session, labeler) for labeler in willing]
        reveal(session, willing[2], held[2], NOW)
        report(session, willing[2], held[2], "W04", 4, NOW)
        assert {session.get_one(Assignment, each).state for each in held} == {AssignmentState.REVOKED}
        for labeler in willing:
            got = hand_out(session, labeler, NOW)
            assert isinstance(got, Nothing)
        fresh = add_labeler(session).id
        got = hand_out(session, fresh, NOW)
        assert isinstance(got, Nothing) and got.reason is Reason.IN_REVIEW

    def test_a_weaker_word_changes_nothing_and_is_kept(
        self, session: Session, project: Project, willing: list[UUID]
    ) -> None:
        (task,) = add_tasks(session, project, 1, profile={"W06": 2})
        me = willing[0]
        mine = given(session, me)
        reveal(session, me, mine, NOW)
        assert report(session, me, mine, "W06", 1, NOW) == Reported(raised=False, gone=False)
        assert profile_of(session, task.id) == "W06:2"
        assert session.get_one(Assignment, mine).revealed_at is not None
        assert waiting(session, project.id) == 1
        assert surprise(session, project.id) == (0, 1)

    def test_the_same_report_twice_is_one(self, session: Session, project: Project) -> None:
        add_tasks(session, project, 1)
        me = add_labeler(session).id
        give_consent(session, me, "W06", 3, NOW)
        mine = given(session, me)
        assert report(session, me, mine, "W06", 2, NOW).raised
        reveal(session, me, mine, NOW)
        assert report(session, me, mine, "W06", 2, NOW) == Reported(raised=False, gone=False)
        assert session.scalar(select(func.count(ContentReport.id))) == 1
        assert len(acts(session, "report.say")) == 1

    def test_the_second_reporter_raises_it_further(
        self, session: Session, project: Project, willing: list[UUID]
    ) -> None:
        (task,) = add_tasks(session, project, 1)
        first, second = given(session, willing[0]), given(session, willing[1])
        report(session, willing[0], first, "W06", 2, NOW)
        # She had read it too, before anybody said how hard it is.
        report(session, willing[1], second, "W01", 1, NOW)
        assert profile_of(session, task.id) == "W01:1,W06:2"
        assert surprise(session, project.id) == (1, 1)  # one task, however many said so

    def test_the_project_says_what_was_found_and_names_nobody(self, session: Session) -> None:
        project = add_project(session, categories={})
        add_tasks(session, project, 4)
        me = add_labeler(session).id
        report(session, me, given(session, me), "W01", 3, NOW)
        session.refresh(project)
        assert project.categories == {"W01": 3} and project.sensitive_share == 0.25
        (entry,) = acts(session, "project.widen")
        assert entry.actor_id is None

    def test_who_has_not_seen_it_or_does_not_have_it_has_nothing_to_say(
        self, session: Session, project: Project, willing: list[UUID]
    ) -> None:
        add_tasks(session, project, 1, profile={"W06": 2})
        mine = given(session, willing[0])
        with pytest.raises(Conflict):
            report(session, willing[0], mine, "W06", 3, NOW)
        with pytest.raises(Missing):
            report(session, willing[1], mine, "W06", 3, NOW)
        skip(session, willing[0], mine, NOW)
        with pytest.raises(Missing):
            report(session, willing[0], mine, "W06", 3, NOW)

    def test_what_lacks_is_named_all_at_once(self, session: Session, project: Project) -> None:
        add_tasks(session, project, 1)
        me = add_labeler(session).id
        with pytest.raises(Invalid) as wrong:
            report(session, me, given(session, me), "W99", 0, NOW)
        assert {each.field for each in wrong.value.problems} == {"category", "severity"}

    def test_a_kind_that_somebody_declined_goes_back_even_when_it_is_mild(
        self, session: Session, project: Project
    ) -> None:
        add_tasks(session, project, 1)
        her, him = add_labeler(session).id, add_labeler(session).id
        opt_out(session, him, OptOutScope.CATEGORY, NOW, category="W14")
        mine, his = given(session, her), given(session, him)
        assert report(session, her, mine, "W14", 1, NOW) == Reported(raised=True, gone=False)
        assert session.get_one(Assignment, his).state is AssignmentState.REVOKED

    def test_a_task_that_lapsed_is_taken_up_again_only_as_it_is_now(self, session: Session, project: Project) -> None:
        add_tasks(session, project, 1)
        her, him = add_labeler(session).id, add_labeler(session).id
        mine, his = given(session, her), given(session, him)
        assert expire(session, NOW + timedelta(hours=1)) == 2
        assert report(session, her, mine, "W06", 3, NOW + timedelta(hours=1)) == Reported(raised=True, gone=True)
        stopped = take_up(session, him, his, NOW + timedelta(hours=1))
        assert isinstance(stopped, Stop) and stopped.reason is Reason.YOUR_CHOICES


class TestSurprise:
    def served(self, session: Session, project: Project, tasks: int) -> UUID:
        """A labeler who was given so many tasks, and holds the last."""
        add_tasks(session, project, tasks)
        me = add_labeler(session).id
        for _ in range(tasks - 1):
            skip(session, me, given(session, me), NOW)
        return me

    def test_a_project_pauses_itself_and_says_why(self, session: Session, project: Project) -> None:
        me = self.served(session, project, 50)
        report(session, me, given(session, me), "W06", 3, NOW)
        session.refresh(project)
        assert project.state is ProjectState.PAUSED
        (stop,) = session.scalars(select(ProjectStop))
        assert (stop.rule, stop.reports, stop.served) == ("EXP-12", 1, 50)
        (entry,) = acts(session, "project.stop")
        assert entry.actor_id is None and '"rule":"EXP-12"' in entry.fields

    def test_few_tasks_say_nothing_yet(self, session: Session, project: Project) -> None:
        me = self.served(session, project, 49)
        report(session, me, given(session, me), "W06", 3, NOW)
        session.refresh(project)
        assert project.state is ProjectState.LIVE

    def test_the_numbers_are_the_callers(self, session: Session, project: Project) -> None:
        me = self.served(session, project, 3)
        report(session, me, given(session, me), "W06", 3, NOW, per_mille=100, least=3)
        session.refresh(project)
        assert project.state is ProjectState.PAUSED

    def test_it_goes_on_only_when_a_named_person_has_looked(self, session: Session, project: Project) -> None:
        boss = add_user(session, Role.RESEARCHER).id
        me = self.served(session, project, 50)
        mine = given(session, me)
        task = session.get_one(Assignment, mine).task_id
        report(session, me, mine, "W06", 3, NOW)
        for act in (publish, resume):
            with pytest.raises(Conflict, match="paused itself"):
                act(session, boss, project.id, NOW)
        confirm(session, boss, project.id, task, NOW + MINUTE)
        stop = session.scalars(select(ProjectStop)).one()
        session.refresh(stop)
        assert stop.ended_by == boss
        assert project.state is ProjectState.PAUSED  # nobody has resumed it
        resume(session, boss, project.id, NOW + MINUTE)
        assert project.state is ProjectState.LIVE
        assert surprise(session, project.id) == (0, 0)  # counted anew


class TestReview:
    @pytest.fixture
    def reported(self, session: Session, project: Project) -> Task:
        (task,) = add_tasks(session, project, 1)
        me = add_labeler(session).id
        report(session, me, given(session, me), "W06", 3, NOW)
        return task

    def test_the_list_says_what_it_was_and_is_and_not_who_said_so(
        self, session: Session, project: Project, reported: Task
    ) -> None:
        (row,) = warned(session, project.id)
        assert (row.first, row.profile, row.reports, row.waiting) == ({}, {W06: Severity.EGREGIOUS}, 1, 1)
        assert "labeler" not in repr(row).lower()

    def test_confirming_leaves_it_and_is_kept_with_the_name(
        self, session: Session, project: Project, reported: Task
    ) -> None:
        boss = add_user(session).id
        confirm(session, boss, project.id, reported.id, NOW)
        (row,) = warned(session, project.id)
        assert row.waiting == 0 and row.reviewed is not None and row.reviewed[0] is Decision.CONFIRMED
        assert profile_of(session, reported.id) == "W06:3"
        assert acts(session, "severity.confirm")[0].actor_id == boss

    def test_lowering_needs_a_reason_and_a_lower_level(
        self, session: Session, project: Project, reported: Task
    ) -> None:
        boss = add_user(session).id
        with pytest.raises(Invalid) as wrong:
            lower(session, boss, project.id, reported.id, {W06: Severity.EGREGIOUS}, "too short", NOW)
        assert {each.field for each in wrong.value.problems} == {"reason", "level"}
        lower(session, boss, project.id, reported.id, {W06: Severity.NONE}, WHY, NOW)
        assert profile_of(session, reported.id) == ""
        assert isinstance(hand_out(session, add_labeler(session).id, NOW), Handed)
        (row,) = warned(session, project.id)
        assert row.reviewed is not None and row.reviewed[3] == WHY
        assert surprise(session, project.id) == (0, 1)  # it was no surprise after all

    def test_a_text_that_is_asked_for_counts_as_seen(self, session: Session, project: Project, reported: Task) -> None:
        boss = add_user(session).id
        assert show(session, boss, project.id, reported.id, NOW).task_id == reported.id
        seen = session.scalars(select(Exposure)).one()
        assert (seen.person_id, seen.severity, seen.seconds) == (boss, 3, 120)

    def test_another_projects_task_is_not_there(self, session: Session, reported: Task) -> None:
        other, boss = add_project(session), add_user(session).id
        for act in (
            lambda: confirm(session, boss, other.id, reported.id, NOW),
            lambda: lower(session, boss, other.id, reported.id, {W06: Severity.NONE}, WHY, NOW),
            lambda: show(session, boss, other.id, reported.id, NOW),
        ):
            with pytest.raises(Missing):
                act()


class TestEscalation:
    def test_what_is_imported_at_severity_4_waits_for_the_named_person(
        self, session: Session, project: Project
    ) -> None:
        (task,) = add_tasks(session, project, 1, profile={"W04": 4})
        (found,) = escalations(session)
        assert (found.task_id, found.source, found.since) == (task.id, "import", NOW)
        with pytest.raises(Conflict):
            show(session, add_user(session).id, project.id, task.id, NOW)
        with pytest.raises(Conflict):
            lower(session, add_user(session).id, project.id, task.id, {Category.W04: Severity.NONE}, WHY, NOW)

    def test_only_who_is_named_decides(self, session: Session, project: Project) -> None:
        (task,) = add_tasks(session, project, 1, profile={"W04": 4})
        named, other = add_user(session, Role.ADMIN).id, add_user(session, Role.ADMIN).id
        with pytest.raises(Forbidden):
            decide(session, named, task.id, None, WHY, NOW)
        with pytest.raises(Invalid):
            name_contact(session, other, add_user(session, Role.RESEARCHER).id, NOW)
        name_contact(session, other, named, NOW)
        with pytest.raises(Forbidden):
            decide(session, other, task.id, None, WHY, NOW)
        with pytest.raises(Invalid):
            decide(session, named, task.id, None, "short", NOW)
        decide(session, named, task.id, None, WHY, NOW)
        assert not escalations(session)
        assert profile_of(session, task.id) == "W04:4"
        with pytest.raises(Conflict):
            decide(session, named, task.id, None, WHY, NOW)
        found = contact(session)
        assert found is not None and found.person_id == named
        assert [each.decision for each in decisions(session)] == ["stays"]

    def test_what_is_not_forbidden_gets_its_severity_and_ends_the_stop(
        self, session: Session, project: Project
    ) -> None:
        named = add_user(session, Role.ADMIN).id
        name_contact(session, named, named, NOW)
        (task,) = add_tasks(session, project, 1)
        me = add_labeler(session).id
        report(session, me, given(session, me), "W04", 4, NOW, per_mille=10, least=1)
        session.refresh(project)
        assert project.state is ProjectState.PAUSED
        (waits,) = escalations(session)
        assert waits.source == "report"
        decide(session, named, task.id, 2, WHY, NOW + MINUTE)
        assert profile_of(session, task.id) == "W04:2"
        assert not escalations(session)
        assert session.scalars(select(ProjectStop)).one().ended_by == named
        row = session.scalars(select(Escalation)).one()
        assert (row.decision, row.severity, row.reason) == ("allowed", 2, WHY)
        assert acts(session, "escalation.decide")[0].subject_id == task.id

    def test_it_comes_back_when_somebody_says_so_again(self, session: Session, project: Project) -> None:
        named = add_user(session, Role.ADMIN).id
        name_contact(session, named, named, NOW)
        (task,) = add_tasks(session, project, 1)
        first, second = add_labeler(session).id, add_labeler(session).id
        report(session, first, given(session, first), "W04", 4, NOW)
        decide(session, named, task.id, 1, WHY, NOW)
        report(session, second, given(session, second), "W04", 4, NOW + MINUTE)
        (waits,) = escalations(session)
        assert waits.since == NOW + MINUTE


class TestNotice:
    def test_it_is_whole_once_a_batch_and_when_the_profile_changes(self, session: Session, project: Project) -> None:
        me = add_labeler(session).id
        for code in ("W06", "W05"):
            give_consent(session, me, code, 3, NOW)
        add_tasks(session, project, 2, profile={"W06": 2})
        add_tasks(session, project, 1, profile={"W06": 2})
        add_tasks(session, project, 1, profile={"W05": 2})
        whole = []
        for n in range(4):
            now = NOW + n * MINUTE
            handed = hand_out(session, me, now)
            assert isinstance(handed, Handed)
            found = before_notice(session, me, handed.assignment_id, now)
            whole.append(found.whole)
            assert found.share == 0.2
            skip(session, me, handed.assignment_id, now)
        assert sorted(whole) == [False, True, True, True]

    def test_it_is_whole_again_in_a_new_shift_and_after_a_report(self, session: Session, project: Project) -> None:
        me = add_labeler(session).id
        give_consent(session, me, "W06", 3, NOW)
        add_tasks(session, project, 3, profile={"W06": 2})
        skip(session, me, given(session, me), NOW)
        mine = given(session, me)
        assert not before_notice(session, me, mine, NOW).whole
        assert before_notice(session, me, mine, NOW + timedelta(hours=9)).whole
        reveal(session, me, mine, NOW)
        report(session, me, mine, "W06", 3, NOW)
        assert before_notice(session, me, mine, NOW).whole

    def test_tasks_between_that_are_not_sensitive_change_nothing(self, session: Session, project: Project) -> None:
        me = add_labeler(session).id
        give_consent(session, me, "W06", 3, NOW)
        add_tasks(session, project, 3)
        add_tasks(session, project, 2, profile={"W06": 2})
        for n in range(4):
            handed = hand_out(session, me, NOW + n * MINUTE)
            assert isinstance(handed, Handed)
            skip(session, me, handed.assignment_id, NOW + n * MINUTE)
        last = hand_out(session, me, NOW + 5 * MINUTE)
        assert isinstance(last, Handed)
        assert not before_notice(session, me, last.assignment_id, NOW + 5 * MINUTE).whole

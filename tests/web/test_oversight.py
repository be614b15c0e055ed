"""The record as auditors and administrators read it: what concerns all, and nothing of what is one person's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit import queries
from labeler.audit.acts import ACTS
from labeler.audit.models import AuditEntry
from labeler.audit.queries import COUNTED, LISTED, PAGE
from labeler.audit.service import Entry, record_all
from labeler.clock import now
from labeler.db import transaction
from tests.support.build import add_labeler, add_user, add_vendor
from tests.web.robot import Robot, sign_in

TODAY = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
VALUES: dict[str, Any] = {"version": 1, "severity": 2, "due": True, "scope": "task", "assignment": UUID(int=77)}


def fields(act: str) -> dict[str, Any]:
    """Some value for each field that an act declares."""
    return {name: VALUES.get(name, "made up") for name in ACTS[act]}


@dataclass
class World:
    """An auditor, an administrator, and six labelers of one vendor, of whom the first is called Lena."""

    app: Flask
    auditor: UUID
    admin: UUID
    vendor: UUID
    labelers: list[UUID]
    at: time_machine.Traveller
    written: list[UUID] = field(default_factory=list)

    @property
    def lena(self) -> UUID:
        return self.labelers[0]

    def robot(self, role: str = "auditor") -> Robot:
        return sign_in(self.app, getattr(self, role))

    def write(
        self, act: str, actor: UUID | None, subject: UUID | None = None, *, days_ago: int = 0, **more: Any
    ) -> UUID:
        """One entry, at noon some days ago; returns the id of its subject."""
        about, vendor = subject or uuid4(), more.pop("vendor", self.vendor)
        self.at.move_to(TODAY - timedelta(days=days_ago))
        with transaction() as session:
            record_all(session, [Entry(act, actor, about, vendor, {**fields(act), **more})], now())
        self.at.move_to(TODAY)
        return about


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    with time_machine.travel(TODAY, tick=False) as at:
        with transaction() as session:
            vendor = add_vendor(session, "Lakeside Work")
            labelers = [
                add_labeler(session, vendor, name=f"Lena {n}", email=f"lena{n}@example.org").id for n in range(6)
            ]
            auditor = add_user(session, Role.AUDITOR, name="Odile Auditor").id
            admin = add_user(session, Role.ADMIN, name="Ada Admin").id
        yield World(app, auditor, admin, vendor.id, labelers, at)


def download(robot: Robot, search: str = "") -> list[dict[str, Any]]:
    reply = robot.client.get(f"/oversight/record.jsonl{search}")
    assert reply.status_code == 200 and reply.mimetype == "application/jsonl"
    return [orjson.loads(line) for line in reply.data.splitlines()]


def everything(robot: Robot) -> str:
    """All that the pages and the download show: every page of the list, every entry, the counts."""
    texts, path = [], "/oversight"
    while path:
        page = robot.open(path)
        texts.append(page.html)
        path = page.links.get("Older entries", "").replace("&amp;", "&")
    texts += [robot.open(entry).html for entry in set(re.findall(r"/oversight/entries/[\w-]+", "".join(texts)))]
    texts.append(robot.open("/oversight/counts").html)
    texts.append(robot.client.get("/oversight/record.jsonl").text)
    return "\n".join(texts)


def rows(html: str) -> str:
    return html.partition("<tbody>")[2].partition("</tbody>")[0]


def ids() -> list[UUID]:
    with transaction() as session:
        return list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def looks() -> list[tuple[UUID | None, UUID, dict[str, Any]]]:
    with transaction() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.act == "record.read").order_by(AuditEntry.id))
        return [(each.actor_id, each.subject_id, orjson.loads(each.fields)) for each in found]


def test_what_is_ones_own_is_never_listed(world: World) -> None:
    subjects = [world.write(act, world.lena) for act in COUNTED]
    entries = ids()
    for role in ("auditor", "admin"):
        robot = world.robot(role)
        shown = everything(robot)
        for key in (*subjects, *entries):
            assert str(key) not in shown
        for act in COUNTED:
            assert f'"{act}"' not in robot.client.get("/oversight/record.jsonl").text
            assert act not in rows(robot.open("/oversight").html)


@pytest.mark.parametrize("act", COUNTED)
def test_no_address_leads_to_an_entry_that_is_only_counted(world: World, act: str) -> None:
    subject = world.write(act, world.lena)
    robot = world.robot()
    assert robot.open(f"/oversight/entries/{ids()[0]}").status == 404
    page = robot.open(f"/oversight?act={act}")
    assert page.status == 422 and "counted only" in page.words
    assert robot.client.get(f"/oversight/record.jsonl?act={act}").status_code == 422
    assert download(robot, f"?subject={subject}") == []
    assert "No entry fits" in robot.open(f"/oversight?subject={subject}").words


def test_every_other_act_is_listed_and_has_its_page(world: World) -> None:
    for act in LISTED:
        world.write(act, world.admin)
    robot = world.robot()
    assert {line["act"] for line in download(robot)} == set(LISTED)
    for key in ids()[: len(LISTED)]:
        assert robot.open(f"/oversight/entries/{key}").status == 200


def test_a_labeler_is_never_named(world: World) -> None:
    for act in LISTED:
        world.write(act, world.lena)
        world.write(act, world.admin, world.lena)
    for role in ("auditor", "admin"):
        shown = everything(world.robot(role))
        for telling in (str(world.lena), world.lena.hex, "Lena 0", "lena0@"):
            assert telling not in shown


def test_a_labeler_has_one_name_where_she_works_and_another_for_her_account(world: World) -> None:
    world.write("judgment.submit", world.lena)
    world.write("judgment.submit", world.lena)
    world.write("user.password", world.lena, world.lena)
    world.write("user.invite", world.admin, world.lena)
    first, second, password, invite = download(world.robot())[:4]
    assert first["by"] == second["by"] and first["by"]["name"].startswith("labeler-")
    assert password["by"]["name"] == password["about"] == invite["about"] and invite["about"].startswith("account-")
    assert first["by"]["name"].partition("-")[2] != invite["about"].partition("-")[2]


def test_two_labelers_have_two_names(world: World) -> None:
    for labeler in world.labelers:
        world.write("judgment.submit", labeler)
    assert len({line["by"]["name"] for line in download(world.robot(), "?act=judgment.submit")}) == 6


def test_staff_are_named(world: World) -> None:
    world.write("project.pause", world.admin)
    line = download(world.robot())[0]
    assert line["by"] == {"kind": "staff", "name": "Ada Admin", "id": str(world.admin)}
    assert "Ada Admin" in world.robot().open("/oversight").words


def test_what_has_no_actor_was_done_by_the_system(world: World) -> None:
    world.write("assignment.expire", None)
    line = download(world.robot())[0]
    assert line["by"]["kind"] == "system" and line["about"].startswith("assignment-")


def test_somebody_whose_account_is_unknown_is_not_named_either(world: World) -> None:
    gone = uuid4()
    world.write("judgment.submit", gone)
    assert str(gone) not in everything(world.robot())


def test_ids_that_hold_the_moment_of_an_answer_are_not_shown(world: World) -> None:
    assignment = uuid4()
    judgment = world.write("judgment.submit", world.lena, assignment=assignment)
    shown = everything(world.robot())
    assert str(judgment) not in shown and str(assignment) not in shown
    line = download(world.robot(), "?act=judgment.submit")[0]
    assert line["about"].startswith("judgment-") and line["fields"]["assignment"].startswith("assignment-")


def test_versions_of_an_answer_can_be_told_to_belong_together(world: World) -> None:
    assignment = uuid4()
    for version in (1, 2):
        world.write("judgment.submit", world.lena, assignment=assignment, version=version)
    first, second = download(world.robot(), "?act=judgment.submit")
    assert first["fields"]["assignment"] == second["fields"]["assignment"] and first["about"] != second["about"]


def test_no_filter_ties_an_id_to_a_made_up_name(world: World) -> None:
    judgment = world.write("judgment.submit", world.lena)
    world.write("user.invite", world.admin, world.lena)
    robot = world.robot("admin")
    for key in (world.lena, judgment):
        assert download(robot, f"?subject={key}") == []
        assert "No entry fits" in robot.open(f"/oversight?subject={key}").words


def test_the_name_of_an_account_finds_what_is_listed_about_it(world: World) -> None:
    world.write("user.add", world.admin, world.lena)
    world.write("user.invite", world.admin, world.lena)
    world.write("user.invite", world.admin, world.labelers[1])
    name = download(world.robot(), "?act=user.add")[0]["about"]
    assert [line["act"] for line in download(world.robot(), f"?subject={name}")] == ["user.add", "user.invite"]


def test_fields_are_shown_exactly(world: World) -> None:
    world.write("vendor.add", world.admin, name="<b>Lake</b> & Söhne")
    robot = world.robot()
    assert download(robot)[0]["fields"] == {"name": "<b>Lake</b> & Söhne"}
    page = robot.open(f"/oversight/entries/{ids()[0]}")
    assert "<b>Lake" not in page.html and "Lake" in page.words


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("?since=2026-03-08", ["c", "d"]),
        ("?until=2026-03-08", ["a", "b", "c"]),
        ("?since=2026-03-07&until=2026-03-08", ["b", "c"]),
        ("?since=2026-03-07&until=2026-03-07", ["b"]),
        ("?since=2026-03-11", []),
        ("?act=vendor.add", ["a", "b", "c", "d"]),
        ("?act=user.add", []),
    ],
)
def test_the_record_is_filtered_by_act_and_days(world: World, search: str, expected: list[str]) -> None:
    for days, name in ((4, "a"), (3, "b"), (2, "c"), (1, "d")):
        world.write("vendor.add", world.admin, days_ago=days, name=name)
    named = [line["fields"]["name"] for line in download(world.robot(), search) if line["act"] == "vendor.add"]
    assert named == expected


def test_the_record_is_filtered_by_vendor(world: World) -> None:
    with transaction() as session:
        hill = add_vendor(session, "Hillside Work").id
    world.write("vendor.add", world.admin, name="mine")
    world.write("vendor.add", world.admin, name="theirs", vendor=hill)
    world.write("vendor.add", world.admin, name="nobody's", vendor=None)
    robot = world.robot()
    assert [line["fields"]["name"] for line in download(robot, f"?vendor={hill}")] == ["theirs"]
    assert "Lakeside" not in rows(robot.open(f"/oversight?vendor={hill}").html)


def test_the_record_is_filtered_by_subject(world: World) -> None:
    project = world.write("project.pause", world.admin)
    world.write("project.pause", world.admin)
    assert [line["about"] for line in download(world.robot(), f"?subject={project}")] == [str(project)]


@pytest.mark.parametrize(
    ("search", "field"),
    [
        ("since=soon", "since"), ("until=2026-02-30", "until"), ("since=2026-03-02&until=2026-03-01", "until"),
        ("act=user.fly", "act"), ("vendor=x", "vendor"), ("vendor=00000000-0000-0000-0000-000000000009", "vendor"),
        ("subject=lena0@example.org", "subject"), ("subject=%00", "subject"), ("since=9999-12-31", "since"),
        ("since=0001-01-01", "since"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_says_so_and_shows_nothing(world: World, search: str, field: str) -> None:
    world.write("vendor.add", world.admin)
    page = world.robot().open(f"/oversight?{search}")
    assert page.status == 422 and f'id="{field}-problem"' in page.html
    assert rows(page.html) == "" and looks() == []


def test_the_list_begins_with_the_newest_and_goes_on_to_the_oldest(world: World) -> None:
    for n in range(2 * PAGE + 7):
        world.write("vendor.add", world.admin, name=str(n))
    robot, path, seen = world.robot(), "/oversight?act=vendor.add", []
    while path:
        page = robot.open(path)
        seen += re.findall(r'href="/oversight/entries/([\w-]+)"', page.html)
        path = page.links.get("Older entries", "").replace("&amp;", "&")
    assert [UUID(each) for each in seen] == ids()[: 2 * PAGE + 7][::-1]


def test_an_entry_shows_what_stands_before_and_after_it(world: World) -> None:
    project = world.write("project.create", world.admin)
    world.write("project.check", world.admin, project)
    world.write("project.check", world.admin)
    world.write("project.publish", world.admin, project)
    first, second, _, last = ids()
    page = world.robot().open(f"/oversight/entries/{second}")
    around = page.html.partition("About the same")[2]
    assert re.findall(r"/oversight/entries/([\w-]+)", around) == [str(first), str(last)]


def test_nothing_that_is_only_counted_stands_before_or_after(world: World) -> None:
    assignment = world.write("assignment.hand_out", world.lena)
    world.write("assignment.expire", None, assignment)
    world.write("assignment.skip", world.lena, assignment)
    page = world.robot().open(f"/oversight/entries/{ids()[1]}")
    assert "No other entry is listed" in page.words


def count_cells(robot: Robot, search: str = "") -> dict[str, list[str]]:
    html = robot.open(f"/oversight/counts{search}").html
    found = {}
    for row in re.findall(r"<tr><th[^>]*>(.*?)</th>(.*?)</tr>", rows(html), re.S):
        found[row[0]] = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", row[1], re.S)]
    return found


def test_a_number_is_shown_where_five_people_are_behind_it(world: World) -> None:
    for labeler in world.labelers[:5]:
        world.write("assignment.skip", labeler, days_ago=1)
        world.write("assignment.skip", labeler, days_ago=1)
    cells = count_cells(world.robot())["assignment.skip"]
    assert cells[-2:] == ["10", "not over"]


def test_fewer_people_and_nobody_look_alike(world: World) -> None:
    for labeler in world.labelers[:4]:
        for _ in range(10):
            world.write("assignment.skip", labeler, days_ago=1)
    cells = count_cells(world.robot())
    assert cells["assignment.skip"] == cells["break.start"] == ["fewer than 5 people"] * 6 + ["not over"]


def test_today_has_no_number_however_many_people(world: World) -> None:
    for labeler in world.labelers:
        world.write("opt_out.say", labeler)
    assert count_cells(world.robot())["opt_out.say"][-1] == "not over"
    world.at.shift(timedelta(days=1))
    assert count_cells(sign_in(world.app, world.auditor))["opt_out.say"][-2] == "6"


def test_a_vendor_of_few_people_stays_hidden_in_its_own_numbers_and_in_the_sum(world: World) -> None:
    with transaction() as session:
        hill = add_vendor(session, "Hillside Work")
        few = [add_labeler(session, hill).id for _ in range(3)]
    for labeler in world.labelers:
        world.write("consent.end", labeler, days_ago=2)
    for labeler in few:
        world.write("consent.end", labeler, days_ago=2, vendor=hill.id)
    robot = world.robot()
    assert count_cells(robot)["consent.end"][4] == "6"
    assert count_cells(robot, f"?vendor={world.vendor}")["consent.end"][4] == "6"
    assert count_cells(robot, f"?vendor={hill.id}")["consent.end"][4] == "fewer than 5 people"


def test_counts_name_nobody(world: World) -> None:
    subjects = [world.write("opt_out.say", labeler, days_ago=1) for labeler in world.labelers]
    html = world.robot().open("/oversight/counts").html
    assert not [key for key in (*subjects, *world.labelers) if str(key) in html] and "Lena" not in html


def test_an_older_week_can_be_looked_at(world: World) -> None:
    for labeler in world.labelers:
        world.write("break.end", labeler, days_ago=9)
    few = "fewer than 5 people"
    assert count_cells(world.robot(), "?until=2026-03-03")["break.end"] == [few, few, few, few, "6", few, few]
    assert world.robot().open("/oversight/counts?until=soon").status == 422


def test_every_look_is_in_the_record_with_its_filter(world: World) -> None:
    project = world.write("project.pause", world.admin)
    entry = ids()[0]
    robot = world.robot()
    search = f"act=project.pause&since=2026-03-01&until=2026-03-31&vendor={world.vendor}&subject={project}"
    robot.open(f"/oversight?{search}")
    robot.open(f"/oversight/entries/{entry}")
    robot.open(f"/oversight/counts?until=2026-03-05&vendor={world.vendor}")
    download(robot)
    none = {"act": None, "since": None, "until": None, "vendor": None, "subject": None}
    asked = {"act": "project.pause", "since": "2026-03-01", "until": "2026-03-31"}
    vendor = str(world.vendor)
    assert looks() == [
        (world.auditor, world.auditor, {**asked, "vendor": vendor, "subject": str(project), "view": "entries"}),
        (world.auditor, entry, {**none, "view": "entry"}),
        (world.auditor, world.auditor,
         {**none, "since": "2026-02-27", "until": "2026-03-05", "vendor": vendor, "view": "counts"}),
        (world.auditor, world.auditor, {**none, "view": "download"}),
    ]  # fmt: skip


def test_an_administrators_looks_are_recorded_too(world: World) -> None:
    world.robot("admin").open("/oversight")
    assert [actor for actor, _, _ in looks()] == [world.admin]


def test_looks_can_be_left_out_of_sight_but_not_out_of_the_record(world: World) -> None:
    world.write("vendor.add", world.admin)
    robot = world.robot()
    robot.open("/oversight")
    assert {line["act"] for line in download(robot, "?act=no-looks")} == {"vendor.add"}
    assert "record.read" not in rows(robot.open("/oversight?act=no-looks").html)
    assert [found["act"] for _, _, found in looks()] == [None, "no-looks", "no-looks"]


def test_a_look_at_nothing_leaves_no_entry(world: World) -> None:
    world.robot().open(f"/oversight/entries/{uuid4()}")
    assert looks() == []


def test_the_download_is_written_in_slices_and_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "SLICE", 10)
    for n in range(35):
        world.write("vendor.add", world.admin, name=str(n))
    reply = world.robot().client.get("/oversight/record.jsonl?act=vendor.add")
    slices = list(reply.response)
    assert [len(each.splitlines()) for each in slices] == [10, 10, 10, 5]
    lines = [orjson.loads(line) for each in slices for line in each.splitlines()]
    assert [line["fields"]["name"] for line in lines] == [str(n) for n in range(35)]


def test_the_download_ends_where_the_record_ended_when_it_was_asked_for(world: World) -> None:
    world.write("vendor.add", world.admin)
    reply = world.robot().client.get("/oversight/record.jsonl")
    world.write("vendor.add", world.admin)
    assert [orjson.loads(line)["act"] for line in reply.data.splitlines()] == ["vendor.add"]


def test_an_empty_record_is_an_empty_file(world: World) -> None:
    assert download(world.robot()) == []


def test_the_page_says_what_it_does_not_show(world: World) -> None:
    words = world.robot().open("/oversight").words
    assert "What is not shown here, and why" in words
    assert all(act in words for act in COUNTED)

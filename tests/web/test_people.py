"""People and vendors, as vendor managers and administrators meet them in a browser without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from labeler.accounts.models import SignInLink, User
from labeler.accounts.permissions import Role
from labeler.assignment.service import Handed, opt_out, take_break
from labeler.audit.models import AuditEntry
from labeler.clock import now
from labeler.db import repeated, transaction
from labeler.web.handing import next_task
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.rules import Reason
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Labeler, Vendor, VendorManager
from tests.support.build import add_labeler, add_project, add_tasks, add_user, add_vendor, bar_from_work
from tests.web.robot import Page, Robot, sign_in

PASSWORD = "a lake in the morning"


@dataclass(frozen=True)
class World:
    """Two vendors with their people, and an administrator."""

    app: Flask
    admin: UUID
    lake: UUID
    manager: UUID
    lena: UUID
    hill: UUID
    stranger: UUID
    other_manager: UUID

    def as_admin(self) -> Robot:
        return sign_in(self.app, self.admin)

    def as_manager(self) -> Robot:
        return sign_in(self.app, self.manager)


@pytest.fixture
def world(app: Flask) -> World:
    with transaction() as session:
        lake, hill = add_vendor(session, "Lakeside Work"), add_vendor(session, "Hillside Work")
        return World(
            app=app,
            admin=add_user(session, Role.ADMIN, name="Ada Admin").id,
            lake=lake.id,
            manager=add_user(session, Role.VENDOR_MANAGER, vendor=lake, name="Vera Lakeside").id,
            lena=add_labeler(session, lake, name="Lena Lake", email="lena@example.org").id,
            hill=hill.id,
            stranger=add_labeler(session, hill, name="Hilda Hill", email="hilda@example.org").id,
            other_manager=add_user(session, Role.VENDOR_MANAGER, vendor=hill, name="Heinz Hillside").id,
        )


NEW = {
    "role": "labeler",
    "email": "new@example.org",
    "name": "Nia New",
    "languages": "EN, sw",
    "time_zone": "Africa/Nairobi",
    "contract_from": "2026-03-01",
    "contract_until": "",
}


def add(robot: Robot, **fields: str) -> Page:
    form = robot.open(f"/people/new?role={fields.get('role', 'labeler')}").form("/people")
    return robot.press(form, **{**NEW, **fields})


def link_on(page: Page) -> str:
    return re.findall(r"http://localhost(/invitation/[\w-]+)", page.html)[0]


def account(email: str) -> User | None:
    with transaction() as session:
        return session.scalars(select(User).where(User.email == email)).one_or_none()


def acts(act: str) -> list[tuple[UUID | None, UUID, UUID | None]]:
    with transaction() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id))
        return [(each.actor_id, each.subject_id, each.vendor_id) for each in entries]


def test_a_manager_sees_her_own_labelers_only(world: World) -> None:
    words = world.as_manager().open("/people").words
    assert "Lena Lake" in words and "Lakeside Work" in words
    assert "Hilda" not in words and "Hillside" not in words and "Ada" not in words and "Heinz" not in words


@pytest.mark.parametrize("search", ["words=Hilda", "role=admin", "role=vendor-manager"])
def test_no_filter_shows_a_manager_more(world: World, search: str) -> None:
    page = world.as_manager().open(f"/people?{search}")
    assert "Hilda" not in page.words.replace("words=Hilda", "") and "Ada Admin" not in page.words


def test_no_vendor_in_the_address_shows_a_manager_more(world: World) -> None:
    assert "Hilda" not in world.as_manager().open(f"/people?vendor={world.hill}").words


@pytest.mark.parametrize("who", ["stranger", "other_manager", "admin", "manager"])
def test_everybody_else_is_missing_to_a_manager(world: World, who: str) -> None:
    robot, key = world.as_manager(), getattr(world, who)
    token = robot.open(f"/people/{world.lena}").form("/link").hidden
    assert robot.open(f"/people/{key}").status == 404
    for ending in ("link", "work", "contract/end"):
        reply = robot.client.post(f"/people/{key}/{ending}", data={**token, **NEW, "last_day": "2026-03-05"})
        assert reply.status_code == 404, ending
        assert "Hilda" not in reply.text and "Ada" not in reply.text
    assert acts("user.invite") == acts("labeler.change") == []


def test_a_manager_adds_a_labeler_and_hands_the_link_over(world: World) -> None:
    robot = world.as_manager()
    page = add(robot)
    assert page.status == 200 and "Nia New is added" in page.words and "shown this once" in page.words
    link = link_on(page)
    added = account("new@example.org")
    assert added is not None
    assert link not in robot.open(f"/people/{added.id}").html
    invited = Robot(world.app.test_client())
    invited.press(invited.open(link).form(link), password=PASSWORD)
    assert "Nia New" in invited.open("/account").words
    with transaction() as session:
        labeler = session.get_one(Labeler, added.id)
        assert (labeler.vendor_id, labeler.languages, labeler.time_zone) == (world.lake, ["en", "sw"], "Africa/Nairobi")
        assert (labeler.contract_from, labeler.contract_until) == (date(2026, 3, 1), None)
    for act in ("user.add", "labeler.add", "user.invite"):
        assert acts(act) == [(world.manager, added.id, world.lake)], act


def test_a_manager_adds_to_her_own_vendor_whatever_the_form_says(world: World) -> None:
    add(world.as_manager(), vendor=str(world.hill))
    added = account("new@example.org")
    assert added is not None
    with transaction() as session:
        assert session.get_one(Labeler, added.id).vendor_id == world.lake


@pytest.mark.parametrize("role", ["admin", "researcher", "auditor", "vendor-manager"])
def test_a_manager_adds_labelers_only(world: World, role: str) -> None:
    robot = world.as_manager()
    assert robot.open(f"/people/new?role={role}").status == 403
    assert robot.press(robot.open("/people/new").form("/people"), **{**NEW, "role": role}).status == 403
    assert account("new@example.org") is None


def test_everything_wrong_is_said_at_once_and_the_input_kept(world: World) -> None:
    page = add(
        world.as_admin(), email="no address", name="x" * 130, languages="english", time_zone="Mars/Base",
        contract_from="yesterday", contract_until="2026-13-01",
    )  # fmt: skip
    assert page.status == 422 and "There are 7 problems" in page.words
    for typed in ("no address", "english", "Mars/Base", "yesterday"):
        assert f'value="{typed}"' in page.html
    assert account("no address") is None


def test_an_address_that_is_taken_is_said_beside_the_field(world: World) -> None:
    page = add(world.as_manager(), email="Hilda@example.org")
    assert page.status == 422 and "has an account already" in page.words
    assert "Hilda Hill" not in page.words


def test_a_contract_that_ends_before_it_begins_is_refused(world: World) -> None:
    page = add(world.as_manager(), contract_until="2026-02-01")
    assert page.status == 422 and "can't end before it begins" in page.words


def test_the_page_of_a_labeler_is_the_same_whatever_she_chose(world: World) -> None:
    with transaction() as session:
        project = add_project(session, categories={"W01": 2})
        add_tasks(session, project, 3)
    pages = []
    robot = world.as_manager()
    for step in ("before", "after"):
        if step == "after":
            given = next_task(world.lena, now())
            assert isinstance(given, Handed)
            repeated(lambda s: give_consent(s, world.lena, "W01", 3, now()))
            repeated(lambda s: opt_out(s, world.lena, OptOutScope.SENSITIVE, now()))
            repeated(lambda s: take_break(s, world.lena, now()))
        texts = [robot.client.get(path).text for path in ("/people", f"/people/{world.lena}")]
        pages.append([re.sub(r'name="csrf_token" value="[^"]+"', "", text) for text in texts])
    assert pages[0] == pages[1]


def test_a_manager_changes_languages_zone_and_contract(world: World) -> None:
    robot = world.as_manager()
    page = robot.press(
        robot.open(f"/people/{world.lena}").form("/work"),
        languages="sw pt-br", time_zone="America/Bogota", contract_from="2026-02-01", contract_until="2026-12-31",
    )  # fmt: skip
    assert page.status == 200 and "The change is saved" in page.words
    with transaction() as session:
        labeler = session.get_one(Labeler, world.lena)
        assert (labeler.languages, labeler.time_zone) == (["sw", "pt-BR"], "America/Bogota")
        assert (labeler.contract_from, labeler.contract_until) == (date(2026, 2, 1), date(2026, 12, 31))
    assert acts("labeler.change") == [(world.manager, world.lena, world.lake)]


def test_a_change_that_cannot_be_made_keeps_what_was_typed(world: World) -> None:
    robot = world.as_manager()
    page = robot.press(
        robot.open(f"/people/{world.lena}").form("/work"),
        languages="klingonese", time_zone="UTC", contract_from="", contract_until="soon",
    )  # fmt: skip
    assert page.status == 422 and 'value="klingonese"' in page.html and 'value="soon"' in page.html
    assert "There are 3 problems" in page.words
    assert acts("labeler.change") == []


def test_after_her_last_day_a_labeler_is_given_no_task(world: World) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 2)
    robot = world.as_manager()
    page = robot.press(robot.open(f"/people/{world.lena}").form("/contract/end"), last_day="2026-03-01")
    assert "until 1 Mar 2026" in page.words and "contract ended" in page.words
    refused = next_task(world.lena, now())
    assert not isinstance(refused, Handed) and refused.reason is Reason.CONTRACT
    assert acts("labeler.change") == [(world.manager, world.lena, world.lake)]


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30", "2025-12-31", "0001-01-01", "9999-12-31"])
def test_a_last_day_that_is_none_is_refused(world: World, day: str) -> None:
    robot = world.as_manager()
    page = robot.press(robot.open(f"/people/{world.lena}").form("/contract/end"), last_day=day)
    assert page.status == 422 and page.html.count('class="problem"') == 1


def test_a_new_link_ends_the_one_before(world: World) -> None:
    robot = world.as_manager()
    first = link_on(robot.press(robot.open(f"/people/{world.lena}").form("/link")))
    second = link_on(robot.press(robot.open(f"/people/{world.lena}").form("/link")))
    visitor = Robot(world.app.test_client())
    assert visitor.open(first).status == 404 and visitor.open(second).status == 200


def with_password(user_id: UUID) -> None:
    with transaction() as session:
        session.get_one(User, user_id).password_hash = "argon2 stands here"


def test_a_manager_makes_no_link_into_an_account_that_has_a_password(world: World) -> None:
    robot = world.as_manager()
    form = robot.open(f"/people/{world.lena}").form("/link")
    with_password(world.lena)
    assert not robot.open(f"/people/{world.lena}").has("/link")
    assert robot.press(form).status == 409
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(SignInLink)) == 0


def test_an_administrator_helps_somebody_who_lost_her_password(world: World) -> None:
    with_password(world.lena)
    robot = world.as_admin()
    link = link_on(robot.press(robot.open(f"/people/{world.lena}").form("/link")))
    assert Robot(world.app.test_client()).open(link).status == 200
    assert acts("user.invite") == [(world.admin, world.lena, world.lake)]


def test_a_link_names_the_address_people_reach_the_product_by(world: World) -> None:
    world.app.extensions["settings"].public_url = "https://labels.example.org/"
    robot = world.as_manager()
    page = robot.press(robot.open(f"/people/{world.lena}").form("/link"))
    assert re.search(r"https://labels\.example\.org/invitation/[\w-]{20,}", page.html)


def test_an_administrator_sees_everybody(world: World) -> None:
    words = world.as_admin().open("/people").words
    for name in ("Ada Admin", "Lena Lake", "Hilda Hill", "Vera Lakeside", "Heinz Hillside"):
        assert name in words


@pytest.mark.parametrize(
    ("search", "seen", "unseen"),
    [
        ("role=vendor-manager", {"Vera", "Heinz"}, {"Lena", "Ada"}),
        ("role=labeler", {"Lena", "Hilda"}, {"Vera Lakeside", "Ada"}),
        ("words=HILDA", {"Hilda"}, {"Lena", "Vera Lakeside", "Ada"}),
        ("words=lena%40example", {"Lena"}, {"Hilda"}),
        ("words=%25", set(), {"Lena", "Hilda", "Ada"}),
        ("role=labeler&words=hill", {"Hilda"}, {"Lena", "Heinz"}),
        ("role=king&vendor=x&after=y&words=%00", {"Lena", "Ada"}, set()),
    ],
)
def test_an_administrator_chooses_whom_to_see(world: World, search: str, seen: set[str], unseen: set[str]) -> None:
    page = world.as_admin().open(f"/people?{search}")
    rows = page.html.partition("<tbody>")[2]
    assert page.status == 200
    assert all(name in rows for name in seen) and not any(name in rows for name in unseen)


def test_an_administrator_chooses_by_vendor(world: World) -> None:
    rows = world.as_admin().open(f"/people?vendor={world.hill}").html.partition("<tbody>")[2]
    assert "Hilda" in rows and "Heinz" in rows and "Lena" not in rows


def test_a_long_list_goes_on_and_shows_everybody_once(world: World) -> None:
    with transaction() as session:
        lake = session.get_one(Vendor, world.lake)
        for n in range(120):
            add_labeler(session, lake, name=f"Person {'aAbB'[n % 4]}{n // 8}", email=f"person{n}@example.org")
    robot, path, seen = world.as_manager(), "/people", []
    while path:
        page = robot.open(path)
        seen += re.findall(r"[\w]+@example\.org", page.html)
        path = page.links.get("Next people", "")
    assert len(seen) == len(set(seen)) == 121


@pytest.mark.parametrize("role", ["admin", "researcher", "auditor"])
def test_an_administrator_adds_staff(world: World, role: str) -> None:
    page = add(world.as_admin(), role=role)
    added = account("new@example.org")
    assert page.status == 200 and added is not None and added.role.value == role
    assert acts("user.add") == [(world.admin, added.id, None)]


def test_an_administrator_adds_a_vendor_manager_for_a_vendor(world: World) -> None:
    page = add(world.as_admin(), role="vendor-manager", vendor="")
    assert page.status == 422 and "Choose a vendor" in page.words
    add(world.as_admin(), role="vendor-manager", vendor=str(world.hill))
    added = account("new@example.org")
    assert added is not None
    with transaction() as session:
        assert session.get_one(VendorManager, added.id).vendor_id == world.hill


def test_an_administrator_adds_people_in_house(world: World) -> None:
    for n in range(2):  # the second finds the vendor that the first has made
        page = world.as_admin().open("/people/new")
        own = re.findall(r'<option value="([^"]+)"[^>]*>In-house', page.html)[0]
        add(world.as_admin(), email=f"in{n}@example.org", vendor=own)
    with transaction() as session:
        vendor = session.scalars(select(Vendor).where(Vendor.in_house)).one()
        employed = session.scalars(select(Labeler.id).where(Labeler.vendor_id == vendor.id)).all()
    assert len(employed) == 2


@pytest.mark.parametrize("vendor", ["", "x", "in-house-x", str(UUID(int=5))])
def test_a_labeler_needs_a_vendor_that_exists(world: World, vendor: str) -> None:
    page = add(world.as_admin(), vendor=vendor)
    assert page.status == 422 and "Choose a vendor" in page.words


def test_a_vendor_is_added_once(world: World) -> None:
    robot = world.as_admin()
    page = robot.press(robot.open("/people/vendors").form("/vendors"), name=" Seaside Work ")
    assert "Seaside Work is added" in page.words
    assert robot.press(page.form("/vendors"), name="Seaside Work").status == 422
    assert robot.press(page.form("/vendors"), name="  ").status == 422
    with transaction() as session:
        assert session.scalar(select(func.count()).where(Vendor.name == "Seaside Work")) == 1


def test_vendors_are_listed_with_the_number_of_their_labelers(world: World) -> None:
    robot = world.as_admin()
    robot.press(robot.open(f"/people/{world.stranger}/disable").form("/disable"))
    rows = dict(re.findall(r"<bdi>([^<]+)</bdi></a></td><td>(\d+)</td>", robot.open("/people/vendors").html))
    assert rows == {"Hillside Work": "0", "Lakeside Work": "1"}


def test_shutting_out_asks_once_more_and_says_what_it_means(world: World) -> None:
    page = world.as_admin().open(f"/people/{world.lena}/disable")
    assert "end at once" in page.words and "What she has done stays" in page.words
    with transaction() as session:
        assert session.get_one(User, world.lena).disabled_at is None


def test_shutting_out_ends_her_sessions_at_once(world: World) -> None:
    labeler, robot = sign_in(world.app, world.lena), world.as_admin()
    assert labeler.client.get("/account").status_code == 200
    assert not robot.open(f"/people/{world.lena}/disable").has("/disable"), "she is at work (DEC-2)"
    with transaction() as session:
        bar_from_work(session, world.lena)
    page = robot.press(robot.open(f"/people/{world.lena}/disable").form("/disable"))
    assert "The account is shut" in page.words and "shut out" in page.words
    assert not page.has("/link") and not robot.open(f"/people/{world.lena}/disable").has("/disable")
    assert labeler.client.get("/account").status_code == 303
    assert acts("user.disable") == [(world.admin, world.lena, world.lake)]


def test_the_last_administrator_cannot_shut_herself_out(world: World) -> None:
    robot = world.as_admin()
    page = robot.press(robot.open(f"/people/{world.admin}/disable").form("/disable"))
    assert page.status == 409 and "last administrator" in page.words
    assert robot.open("/people").status == 200


def test_an_administrator_may_go_when_another_stays(world: World) -> None:
    with transaction() as session:
        add_user(session, Role.ADMIN)
    robot = world.as_admin()
    page = robot.open(f"/people/{world.admin}/disable")
    assert "This is you" in page.words
    robot.press(page.form("/disable"))
    assert robot.client.get("/people").status_code == 303


def test_a_name_is_only_a_name(world: World) -> None:
    robot = world.as_manager()
    add(robot, name="<script>alert(1)</script>")
    added = account("new@example.org")
    assert added is not None
    for path in ("/people", f"/people/{added.id}"):
        page = robot.open(path)
        assert "<script>alert" not in page.html
        assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in page.html


def test_a_refresh_after_adding_adds_nobody_twice(world: World) -> None:
    robot = world.as_manager()
    add(robot)
    assert add(robot).status == 422
    assert len(acts("user.add")) == 1


def test_an_administrator_says_which_accounts_are_one_person(world: World) -> None:
    robot = world.as_admin()
    for account in (world.lena, world.stranger):
        page = robot.open(f"/people/{account}")
        assert "No id is set." in page.words
        page = robot.press(page.form("/payroll"), payroll_id="Pay-17")
        assert "The payroll id is set." in page.words
        assert "PAY-17" not in page.html.upper()
    assert "1 other account has the same one." in page.words
    with transaction() as session:
        lena, stranger = session.get_one(Labeler, world.lena), session.get_one(Labeler, world.stranger)
        assert lena.person_id == stranger.person_id
        person = str(lena.person_id)
        fields = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "labeler.payroll")).all()
    assert {"PAY-17" in each.upper() for each in fields} == {False}
    assert person in fields[-1]
    page = robot.press(page.form("/payroll"), payroll_id="x" * 80)
    assert page.status == 422
    assert "xxx" not in page.html


def test_a_vendors_manager_learns_nothing_of_it(world: World) -> None:
    before = world.as_manager().open(f"/people/{world.lena}").words
    admin = world.as_admin()
    for account in (world.lena, world.stranger):
        admin.press(admin.open(f"/people/{account}").form("/payroll"), payroll_id="17")
    page = world.as_manager().open(f"/people/{world.lena}")
    assert page.words == before
    assert not page.has("/payroll")
    assert "ayroll" not in page.html

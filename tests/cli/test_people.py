"""`labeler user`, `vendor` and `labeler`: people from the command line, with no password but the one they choose."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from labeler.accounts.models import User
from labeler.accounts.passwords import fits
from labeler.accounts.permissions import Role
from labeler.db import reading
from labeler.workforce.models import Labeler, Vendor, VendorManager, WorkerRepresentative
from tests.cli.conftest import Command

SENTENCE = "a long sentence here"


def the_user(email: str) -> User:
    with reading() as session:
        return session.scalars(select(User).where(User.email == email)).one()


def test_the_first_admin_is_made_with_a_password_from_standard_input(command: Command, admin: str) -> None:
    made = the_user(admin)
    assert made.role is Role.ADMIN
    assert made.password_hash is not None and SENTENCE not in made.password_hash
    assert fits(SENTENCE, made.password_hash)


@pytest.mark.parametrize("password", ["short", ""])
def test_a_poor_password_is_refused_and_nobody_is_added(password: str, command: Command) -> None:
    said = command("user", "add", "ada@example.org", "--role", "admin", "--password-stdin", typed=f"{password}\n")
    assert said.code == 1
    assert command("user", "list", "--json").facts == []


def test_without_a_password_an_invitation_is_printed(command: Command) -> None:
    said = command("user", "add", "Rae@Example.org", "--role", "researcher")
    assert said.code == 0
    assert "Added rae@example.org as researcher. Invitation: http://127.0.0.1:8000/invitation/" in said.out
    facts = command("user", "add", "ned@example.org", "--role", "auditor", "--json").facts
    assert facts["role"] == "auditor"
    assert "/invitation/" in facts["invitation"]
    assert the_user("ned@example.org").password_hash is None


def test_a_labeler_is_added_to_a_vendor_that_is_made_when_it_is_new(command: Command) -> None:
    words = ("user", "add", "lin@example.org", "--role", "labeler", "--vendor", "Lake Vendor", "--languages", "en,sw")
    said = command(*words, "--time-zone", "Africa/Nairobi")
    assert said.code == 0
    assert "Added the vendor Lake Vendor." in said.err
    with reading() as session:
        labeler = session.get_one(Labeler, the_user("lin@example.org").id)
        assert (labeler.languages, labeler.time_zone) == (["en", "sw"], "Africa/Nairobi")
        assert session.get_one(Vendor, labeler.vendor_id).name == "Lake Vendor"
    assert (
        "Added the vendor"
        not in command("user", "add", "li@example.org", "--role", "labeler", "--vendor", "Lake Vendor").err
    )


def test_a_labeler_without_a_vendor_is_in_house(command: Command) -> None:
    assert command("user", "add", "lin@example.org", "--role", "labeler").code == 0
    with reading() as session:
        labeler = session.get_one(Labeler, the_user("lin@example.org").id)
        assert session.get_one(Vendor, labeler.vendor_id).in_house


def test_a_vendor_manager_speaks_for_a_vendor(command: Command) -> None:
    assert command("user", "add", "vic@example.org", "--role", "vendor-manager").code == 2
    assert command("user", "add", "vic@example.org", "--role", "vendor-manager", "--vendor", "Lake Vendor").code == 0
    with reading() as session:
        assert session.get(VendorManager, the_user("vic@example.org").id) is not None


def test_only_labelers_and_those_who_speak_for_a_vendor_have_one(command: Command) -> None:
    said = command("user", "add", "rae@example.org", "--role", "researcher", "--vendor", "Lake Vendor")
    assert (said.code, "Only labelers, vendor managers and worker representatives" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("user", "add", "no address", "--role", "admin"), 1),
        (("user", "add", "x@example.org", "--role", "wizard"), 2),
        (("user", "add", "x@example.org"), 2),
        (("user", "add", "x@example.org", "--role", "labeler", "--languages", "no such tongue"), 1),
        (("user", "add", "x@example.org", "--role", "labeler", "--time-zone", "Mars/Base"), 1),
        (("user", "disable", "nobody@example.org"), 1),
        (("user", "nonsense"), 2),
    ],
)
def test_wrong_use_and_refusals_end_differently(words: tuple[str, ...], code: int, command: Command) -> None:
    said = command(*words)
    assert said.code == code
    assert said.err and not said.out
    assert "Traceback" not in said.err


def test_an_address_is_added_once(command: Command, admin: str) -> None:
    said = command("user", "add", admin.upper(), "--role", "researcher")
    assert said.code == 1
    assert [each["role"] for each in command("user", "list", "--json").facts] == ["admin"]


def test_everybody_is_listed_with_vendor_and_state(command: Command, admin: str) -> None:
    command("user", "add", "lin@example.org", "--role", "labeler", "--vendor", "Lake Vendor")
    assert command("user", "disable", "LIN@example.org").code == 0
    said = command("user", "list")
    assert "lin@example.org  Lake Vendor (disabled)" in said.out
    assert command("user", "list", "--json").facts == [
        {"email": admin, "role": "admin", "vendor": None, "disabled": False},
        {"email": "lin@example.org", "role": "labeler", "vendor": "Lake Vendor", "disabled": True},
    ]


def test_whoever_is_disabled_can_sign_in_no_more(command: Command, admin: str) -> None:
    command("user", "add", "bob@example.org", "--role", "admin", "--password-stdin", typed=f"{SENTENCE}\n")
    assert command("user", "disable", "bob@example.org").out == "bob@example.org is shut out.\n"
    assert the_user("bob@example.org").disabled_at is not None


def test_a_vendor_is_added_once(command: Command) -> None:
    assert command("vendor", "add", "Lake Vendor").out == "Added the vendor Lake Vendor.\n"
    assert command("vendor", "add", "Lake Vendor").code == 1
    assert command("vendor", "add", "").code == 1


def test_a_labeler_is_added_with_a_contract(command: Command) -> None:
    command("vendor", "add", "Lake Vendor")
    said = command(
        "labeler", "add", "lin@example.org", "--vendor", "Lake Vendor", "--name", "Lin",
        "--contract-from", "2026-03-01", "--contract-until", "2026-12-31",
    )  # fmt: skip
    assert said.code == 0
    assert "Invitation: http" in said.out
    with reading() as session:
        labeler = session.get_one(Labeler, the_user("lin@example.org").id)
        assert (labeler.contract_from, labeler.contract_until) == (date(2026, 3, 1), date(2026, 12, 31))


def test_a_labeler_is_not_added_to_a_vendor_that_is_unknown(command: Command) -> None:
    said = command("labeler", "add", "lin@example.org", "--vendor", "Sea Vendor")
    assert (said.code, "labeler vendor add NAME" in said.err) == (1, True)
    assert command("labeler", "add", "lin@example.org", "--contract-from", "March").code == 2
    assert (
        command(
            "labeler", "add", "lin@example.org", "--contract-from", "2026-03-01", "--contract-until", "2026-02-01"
        ).code
        == 1
    )


def test_a_worker_representative_speaks_for_a_vendor(command: Command) -> None:
    words = ("user", "add", "rosa@example.org", "--role", "worker-representative")
    said = command(*words)
    assert (said.code, "A worker representative speaks for a vendor" in said.err) == (2, True)
    assert command(*words, "--vendor", "Lake Vendor").code == 0
    with reading() as session:
        found = session.get_one(WorkerRepresentative, the_user("rosa@example.org").id)
        assert session.get_one(Vendor, found.vendor_id).name == "Lake Vendor"


def test_a_payroll_id_is_read_from_standard_input_and_never_printed(command: Command) -> None:
    for name in ("lin", "leo"):
        command("labeler", "add", f"{name}@example.org")
        said = command("labeler", "payroll", f"{name}@example.org", typed="PAY-17\n")
        assert (said.code, "PAY-17" in said.out + said.err) == (0, False)
    with reading() as session:
        people = set(session.scalars(select(Labeler.person_id)))
    assert people == {the_user("lin@example.org").id}
    assert "taken away" in command("labeler", "payroll", "leo@example.org", typed="\n").out
    assert command("labeler", "payroll", "nobody@example.org", typed="1\n").code == 1


def test_a_persons_request_for_erasure_is_carried_out(command: Command, admin: str) -> None:
    command("user", "add", "una@example.org", "--role", "labeler", "--name", "Una")
    asked = command("people", "erase", "una@example.org", "--reason", "Letter of 3 May", typed="n\n")
    assert asked.code == 1 and "0 answers in 1 account;" in asked.out
    named = command("people", "erase", "una@example.org", "--reason", "Una wrote", "--yes")
    assert named.code == 1 and "Leave her name and address out" in named.err
    done = command("people", "erase", "UNA@example.org", "--reason", "Letter of 3 May", "--yes")
    assert done.code == 0 and "The rows are gone" in done.out
    assert "una" not in command("user", "list").out.casefold()
    assert command("people", "erase", "una@example.org", "--reason", "Letter", "--yes").code == 1
    assert command("people", "erase", admin, "--reason", "Letter", "--yes").code == 1

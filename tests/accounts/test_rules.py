"""How many tries, which passwords, which addresses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from labeler.accounts import rules
from labeler.accounts.permissions import GRANTS, SCOPE_NEEDS, Permission, Role, Scope, may
from labeler.accounts.rules import LIMITS, Failures, account_problems, password_problem, throttled

EMAIL = "lena.lake@example.org"


@pytest.mark.parametrize(
    "password", ["correct horse battery", "ein langer Satz hilft", "пароль из слов", "🌲🌊🪨🌧️ forest day"]
)
def test_a_few_words_make_a_password(password: str) -> None:
    assert password_problem(password, EMAIL) is None


@pytest.mark.parametrize(
    "password",
    ["", "short", "elevenchars", "aaaaaaaaaaaaaaa", "abababababab", "123456789012", "administrator1!", "x" * 257],
)
def test_a_password_that_is_short_endless_or_first_guessed_is_refused(password: str) -> None:
    assert password_problem(password, EMAIL)


def test_the_own_address_is_no_password() -> None:
    assert password_problem("Lena.Lake2026", "lena.lake@example.org")


def test_a_password_may_be_as_long_as_256_characters() -> None:
    assert password_problem("abcdefgh" * 32, EMAIL) is None


def test_a_password_has_twelve_characters_at_least_and_five_different_ones() -> None:
    assert password_problem("abcdeabcdeab", EMAIL) is None
    assert "at least 12" in (password_problem("abcdeabcdea", EMAIL) or "")
    assert "too few" in (password_problem("abcdabcdabcd", EMAIL) or "")
    assert "at most 256" in (password_problem("abcdefgh" * 32 + "i", EMAIL) or "")


@pytest.mark.parametrize(
    ("span", "decided"),
    [
        (rules.SESSION_IDLE, timedelta(hours=2)),
        (rules.SESSION_LASTS, timedelta(hours=12)),
        (rules.SEEN_EVERY, timedelta(minutes=1)),
        (rules.INVITATION_LASTS, timedelta(days=7)),
        (rules.LINK_LASTS, timedelta(hours=1)),
        (rules.WINDOW, timedelta(minutes=5)),
    ],
)
def test_sessions_links_and_failures_last_as_long_as_decided(span: timedelta, decided: timedelta) -> None:
    assert span == decided


def test_ten_failures_make_an_account_wait_and_three_hundred_an_address() -> None:
    assert Failures(account=10, address=300, all=1_000) == LIMITS


@pytest.mark.parametrize(
    "failures",
    [Failures(LIMITS.account, 10, 10), Failures(0, LIMITS.address, 400), Failures(0, 0, LIMITS.all)],
    ids=["account", "address", "all"],
)
def test_a_try_waits_at_each_limit(failures: Failures) -> None:
    assert throttled(failures)


def test_a_try_short_of_every_limit_goes_on() -> None:
    assert not throttled(Failures(LIMITS.account - 1, LIMITS.address - 1, LIMITS.all - 1))


def test_a_shift_of_200_people_fits_into_one_address() -> None:
    assert LIMITS.address > 200


@pytest.mark.parametrize("email", ["", "lena", "@example.org", "lena@", "le na@example.org", "a@b\n.org", "a@b.org\0"])
def test_what_is_no_address_is_refused(email: str) -> None:
    assert [problem.field for problem in account_problems(email, "")] == ["email"]


def test_an_address_may_be_as_short_as_three_characters_and_as_long_as_254() -> None:
    assert account_problems("a@b", "") == account_problems("a@b." + "x" * 250, "") == []
    assert [problem.field for problem in account_problems("a@b." + "x" * 251, "")] == ["email"]


@pytest.mark.parametrize("name", ["Lena", "x" * 120, "مريم العلي", "नि‌तिन", "O'Neill-Ó Súilleabháin", "李小龍", ""])
def test_names_of_all_scripts_are_fine(name: str) -> None:
    assert account_problems(EMAIL, name) == []


@pytest.mark.parametrize("name", ["x" * 121, "two\nlines", "nul\0", "line\u2028end"])
def test_a_name_is_one_line(name: str) -> None:
    assert [problem.field for problem in account_problems(EMAIL, name)] == ["name"]


def test_every_role_has_its_own_account() -> None:
    assert all(may(role, Permission.OWN_ACCOUNT) for role in Role)


def test_every_permission_is_granted_to_somebody() -> None:
    assert set(Permission) == set().union(*GRANTS.values())


def test_nobody_but_labelers_works_or_makes_choices() -> None:
    for permission in (Permission.WORK, Permission.OWN_CHOICES):
        assert [role for role in Role if may(role, permission)] == [Role.LABELER]


def test_every_scope_stands_for_a_permission() -> None:
    assert set(SCOPE_NEEDS) == set(Scope)

"""What is taken out of free text, in several scripts, and what stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.exports.screening import LABELS, screen


@pytest.mark.parametrize(
    ("text", "screened"),
    [
        ("Ask lena.k+work@example.org, please.", "Ask [email], please."),
        ("lena (at) example (dot) org", "[email]"),
        ("Пишите на почта@пример.рф!", "Пишите на [email]!"),
        ("Mail: ｌｅｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "Mail: [email]"),
        ("Call +49 30 901820 or 030/901820.", "Call [phone] or [phone]."),
        ("(555) 123-4567, 555-123-4567, 555-1234", "[phone], [phone], [phone]"),
        ("هاتفي +٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "هاتفي [phone]"),
        ("मेरा नंबर ०९८७६५४३२१० है", "मेरा नंबर [phone] है"),
        ("電話は０３－１２３４－５６７８です", "電話は[phone]です"),
        ("+1\u200b555\u200b123\u200b4567", "[phone]"),
        ("See https://github.com/lena-k for it", "See [url] for it"),
        ("https://example.org/~lena and https://example.org/users/lena?x=1.", "[url] and [url]."),
        ("https://lena:secret@example.org/x", "[url]"),
        ("t.me/lena_k, www.linkedin.com/in/lena", "[url], [url]"),
        ("DE89 3704 0044 0532 0130 00 is mine", "[iban] is mine"),
        ("gb82west12345698765432", "[iban]"),
        ("My card 4111 1111 1111 1111.", "My card [card]."),
        ("4111-1111-1111-1111", "[card]"),
        ("from 192.168.10.7, and 2001:db8::ff00:42:8329", "from [ip], and [ip]"),
        ("@lena_k and @лена said so", "[handle] and [handle] said so"),
        ("@lena@mastodon.example says", "[handle] says"),
        ("Customer 123456789 wrote", "Customer [number] wrote"),
        ("رقم ١٢٣٤٥٦٧٨٩", "رقم [number]"),
    ],
)
def test_what_leads_to_a_person_is_replaced_by_what_it_is(text: str, screened: str) -> None:
    assert screen(text)[0] == screened


@pytest.mark.parametrize(
    "text",
    [
        "The second one is 3.5 times longer: 1,250 words against 350.",
        "On 2026-05-04 at 10:30, or in 1998-2004.",
        "It costs 12 000 000 euros, or 1.200.000.",
        "Version 3.11.7 and Section 1.2.3.4.5",
        "https://docs.python.org/3/library/re.html is right",
        "An e-mail @ noon; 5 @ 3 each",
        "std::vector<int> and a :: b",
        "Die Antwort ist гораздо лучше, 更好, أفضل.",
        "The order number 123456 is short.",
        "",
    ],
)
def test_what_leads_to_nobody_stays_as_it_was_written(text: str) -> None:
    assert screen(text) == (text, {})


def test_only_numbers_with_their_check_digits_are_accounts_and_cards() -> None:
    assert screen("4111 1111 1111 1112")[1]["card"] == 0
    assert screen("DE88 3704 0044 0532 0130 00")[1]["iban"] == 0


def test_finds_are_counted_by_what_they_are() -> None:
    text, found = screen("a@b.org, c@d.org and @lena")
    assert (text, dict(found)) == ("[email], [email] and [handle]", {"email": 2, "handle": 1})


pieces = st.sampled_from(["lena@example.org", " ", "+49 30 901820", "@lena", "ab", "\u200b", "１２３", "::", "(", "é"])


@given(st.lists(pieces | st.text(max_size=5), max_size=12).map("".join))
def test_nothing_that_was_screened_is_found_again(text: str) -> None:
    once, found = screen(text)
    assert set(found) <= set(LABELS)
    for label in LABELS:
        assert once.count(f"[{label}]") >= found[label]
    assert not screen(once)[1].keys() & {"email", "iban", "card"}


def test_a_long_text_of_one_letter_is_read_in_bounded_steps() -> None:
    for letter in ("a", "1", "@", ".", ":", "a.", "1 ", "a@", "/@", "0:"):
        screen(letter * 20_000)

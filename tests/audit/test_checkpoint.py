"""Checkpoints: written as others read them, and believed only when every byte is as it was signed."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from labeler.audit.checkpoint import Checkpoint, Malformed, holds, key_hash, read, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ROOT, LINE = base64.b64encode(bytes(32)).decode(), "— log AAAAAAA="
MADE = Checkpoint("labeler/0123456789abcdef", 20_852_163, bytes(range(32)), ("time 2026-03-02T09:00:00Z",))


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    note = signed(MADE.body, "labeler/0123456789abcdef", KEY)
    assert note.splitlines()[:5] == [
        "labeler/0123456789abcdef", "20852163", base64.b64encode(bytes(range(32))).decode(),
        "time 2026-03-02T09:00:00Z", "",
    ]  # fmt: skip
    assert read(note)[0] == MADE
    assert holds(note, "labeler/0123456789abcdef", KEY.public_key())


def test_a_key_has_the_hash_that_the_form_gives_it() -> None:
    # The key and its hash that the description of signed notes gives as its example.
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert key_hash("PeterNeumann", Ed25519PublicKey.from_public_bytes(public[1:])).hex() == "c74f20a3"


def test_a_witness_adds_a_line_and_changes_nothing() -> None:
    note = signed(MADE.body, "log", KEY)
    both = signed(note, "witness", OTHER)
    assert both.startswith(note)
    assert holds(both, "log", KEY.public_key()) and holds(both, "witness", OTHER.public_key())
    assert not holds(both, "witness", KEY.public_key()) and not holds(note, "witness", OTHER.public_key())


@given(st.data())
def test_no_changed_byte_is_believed(data: st.DataObject) -> None:
    note = signed(MADE.body, "log", KEY)
    at = data.draw(st.integers(0, len(note) - 1))
    put = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != note[at]))
    changed = data.draw(st.sampled_from([note[:at] + put + note[at + 1 :], note[:at] + note[at + 1 :], note[:at]]))
    try:
        believed = holds(changed, "log", KEY.public_key()) and read(changed)[0] == MADE
    except Malformed:
        return
    assert not believed or changed.startswith(note[: note.index("\n\n")])
    if believed:  # base64's last letter may have bits that say nothing; what was signed is the same all the same
        assert read(changed)[0].body == MADE.body


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found, _ = read(text)
    except Malformed:
        return
    assert text.startswith(found.body)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", f"a\n1\n\n{LINE}\n", f"a\n01\n{ROOT}\n\n{LINE}\n", f"a\nx\n{ROOT}\n\n{LINE}\n",
        f"a\n1\nAA==\n\n{LINE}\n", f"a\n1\n{ROOT}\n\n{LINE[1:]}\n", f"a\n1\n{ROOT}\n\n{LINE}",
        f"a\n1\n{ROOT}\n{LINE}\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_names_that_the_form_cannot_say_are_refused(name: str) -> None:
    with pytest.raises(Malformed):
        signed(MADE.body, name, KEY)


def test_lines_that_the_form_cannot_say_are_refused() -> None:
    for wrong in (Checkpoint("", 1, bytes(32)), Checkpoint("a\nb", 1, bytes(32)), Checkpoint("a", 1, bytes(32), ("",))):
        with pytest.raises(Malformed):
            assert wrong.body

"""Which prompts are the same, or nearly so, and that no cluster lies in two splits. No database."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.errors import Invalid
from labeler.exports import keep_out, prompts
from labeler.exports.clusters import Gatherer, Prompts, clusters, in_test, near_any
from labeler.exports.prompts import NEAR, SHINGLE, Signer, Turns, compared, normalised, same_key, turns_of
from labeler.exports.rows import Key

WORDS = [f"{a}{b}{c}" for a in ("ba", "ko", "mi", "tu") for b in ("rn", "sk", "l", "v") for c in ("a", "et", "ing")]


def user(text: str) -> Turns:
    return [("user", text)]


def gathered(*given: Turns) -> Prompts:
    gatherer = Gatherer(len(given))
    for number, turns in enumerate(given):
        gatherer.add(number.to_bytes(16, "big"), turns)
    return gatherer.finish()


def cluster_of(found: Prompts) -> list[int]:
    """The cluster of each prompt, in the order given."""
    return [int(each) for each in clusters(found.signatures)[found.of_task]]


def sentence(dice: random.Random, words: int = 40) -> str:
    return " ".join(dice.choice(WORDS) + str(dice.randint(0, 99)) for _ in range(words))


def changed(dice: random.Random, text: str, words: int = 2) -> str:
    parts = text.split()
    for place in dice.sample(range(len(parts)), words):
        parts[place] = "changed"
    return " ".join(parts)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (user("Name a tree."), user("  name\n a  TREE. "), True),
        (user("Straße"), user("STRASSE"), True),
        (user("\N{LATIN SMALL LIGATURE FI}ne"), user("fine"), True),
        (user("Name a tree."), user("Name a tree!"), False),
        (user("a"), [("assistant", "a")], False),
        ([("user", "a"), ("user", "b")], user("ab"), False),
        ([("system", "Be brief."), *user("a")], user("a"), False),
    ],
)
def test_prompts_are_the_same_when_all_their_turns_are(one: Turns, other: Turns, same: bool) -> None:
    assert (same_key(normalised(one)) == same_key(normalised(other))) is same


@given(st.text(max_size=30))
def test_one_form_is_its_own_form(text: str) -> None:
    assert prompts.normal(prompts.normal(text)) == prompts.normal(text)


def test_an_instruction_before_every_question_makes_them_not_alike() -> None:
    rules = ("system", "You are a careful gardener. " * 20)
    found = cluster_of(gathered([rules, *user("Name a tree.")], [rules, *user("How deep do roots of rye grow?")]))
    assert found[0] != found[1]
    assert compared([rules]) == rules[1], "where there is nothing else, it is what is compared"


def test_a_task_without_a_prompt_goes_by_its_first_completion() -> None:
    turns = [{"role": "assistant", "content": "Oak."}]
    assert turns_of({"prompt": [], "completions": [{"messages": turns}]}) == [("assistant", "Oak.")]


def overlap(one: str, other: str) -> float:
    a, b = ({text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)} for text in (one, other))
    return len(a & b) / len(a | b)


def test_signatures_estimate_the_overlap() -> None:
    dice = random.Random(2)
    apart = []
    for words in range(0, 40, 2):
        one = sentence(dice)
        other = changed(dice, one, words)
        signer = Signer(2)
        signer.add(one)
        signer.add(other)
        signed = signer.finish()
        apart.append(float((signed[0] == signed[1]).mean()) - overlap(one, other))
    assert abs(np.mean(apart)) < 0.04 and np.max(np.abs(apart)) < 0.25


def test_a_signature_is_the_same_whatever_is_signed_beside_it() -> None:
    texts = ["", "a", "abcde", "oak", "x" * 70_000, "Name a tree.", "Name a tree, and say why."]
    signer, alone = Signer(len(texts)), []
    for text in texts:
        signer.add(text)
        single = Signer(1)
        single.add(text)
        alone.append(single.finish()[0])
    assert np.array_equal(signer.finish(), np.stack(alone))


def test_planted_copies_are_found_and_strangers_stay_apart() -> None:
    dice = random.Random(4)
    originals = [sentence(dice) for _ in range(60)]
    copies = [changed(dice, text) for text in originals]
    exact = [text.upper() + "  " for text in originals]
    found = cluster_of(gathered(*map(user, [*originals, *copies, *exact])))
    assert found[:60] == found[60:120] == found[120:]
    assert len(set(found)) == 60


def test_who_is_near_to_one_of_them_is_in_the_cluster() -> None:
    dice = random.Random(9)
    chain = [sentence(dice, 60)]
    for _ in range(12):
        chain.append(changed(dice, chain[-1], 5).replace("changed", dice.choice(WORDS)))
    assert overlap(chain[0], chain[-1]) < NEAR
    assert len(set(cluster_of(gathered(*map(user, chain))))) == 1


def test_prompts_of_one_template_find_each_other_however_many_they_are() -> None:
    frame = "Write a poem of four lines about the following thing, and let every line rhyme with the one before: {}"
    assert len(set(cluster_of(gathered(*[user(frame.format(n)) for n in range(300)])))) == 1


drawn = st.lists(
    st.sampled_from(
        ["Name a tree.", "name a TREE.", "Name a tree, please.", "How deep is it?", "", "a", "\u2028", "Why?"]
    )
    | st.text(max_size=25),
    min_size=1,
    max_size=30,
)


@given(drawn, st.integers(1, 50), st.integers(0, 2**31 - 1), st.randoms())
def test_no_cluster_lies_in_two_splits_and_the_order_of_tasks_changes_nothing(
    texts: list[str], percent: int, seed: int, dice: random.Random
) -> None:
    def splits(of: list[str]) -> tuple[dict[str, bool], list[tuple[int, bool]]]:
        found = gathered(*map(user, of))
        first = clusters(found.signatures)
        test = in_test(found.keys, first, percent, seed)
        by_text = {text: bool(test[place]) for text, place in zip(of, found.of_task, strict=True)}
        return by_text, list(zip(first.tolist(), test.tolist(), strict=True))

    by_text, by_prompt = splits(texts)
    sides: dict[int, set[bool]] = {}
    for cluster, test in by_prompt:
        sides.setdefault(cluster, set()).add(test)
    assert all(len(each) == 1 for each in sides.values())
    assert len(sides) == 1 or set.union(*sides.values()) == {True, False}, "two clusters are enough for two splits"
    same: dict[Key, set[bool]] = {}
    for text, test in by_text.items():
        same.setdefault(same_key(normalised(user(text))).hex(), set()).add(test)
    assert all(len(each) == 1 for each in same.values())
    again = list(texts)
    dice.shuffle(again)
    assert splits(again)[0] == by_text


def test_about_so_many_percent_go_into_the_test_split_and_stay_there() -> None:
    dice = random.Random(1)
    keys = sorted(dice.randbytes(16) for _ in range(4000))
    alone = np.arange(4000, dtype=np.int32)
    tens = in_test(keys, alone, 10, 3)
    assert 330 < tens.sum() < 470
    assert not np.array_equal(tens, in_test(keys, alone, 10, 4))
    assert np.all(in_test(keys, alone, 20, 3)[tens]), "a larger share only adds to it"
    fewer = in_test(keys[:2000], alone[:2000], 10, 3)
    assert np.array_equal(fewer, tens[:2000]), "who else is there changes nothing"


def test_prompts_on_a_list_are_found_and_so_are_near_ones() -> None:
    dice = random.Random(6)
    texts = [sentence(dice) for _ in range(30)]
    found = gathered(*map(user, [*texts, *(sentence(dice) for _ in range(30))]))
    listed = [*(user(changed(dice, text)) for text in texts[:10]), *(user(text.upper()) for text in texts[10:20])]
    near = near_any(found, listed)[found.of_task]
    assert near.tolist() == [True] * 20 + [False] * 40


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("Name a tree.\n\n  Why?\r\n", [[("user", "Name a tree.")], [("user", "Why?")]]),
        ('"Why?" she said.\nNo.', [[("user", '"Why?" she said.')], [("user", "No.")]]),
        ('"Why?"\n{"prompt": "No.", "id": 7}', [[("user", "Why?")], [("user", "No.")]]),
        (
            '\ufeff{"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]}',
            [[("system", "Be brief."), ("user", "Why?")]],
        ),
    ],
)
def test_a_list_is_read_from_text_and_from_json_lines(sent: str, told: list[Any]) -> None:
    assert keep_out.prompts(keep_out.read(sent.encode())) == told


def test_a_list_of_texts_is_the_same_list_from_a_file_and_from_a_script() -> None:
    lines = b"".join(orjson.dumps(text) + b"\n" for text in ("Why?", "No."))
    assert keep_out.read(b"Why?\nNo.\n") == keep_out.read(lines) == keep_out.kept(["Why?", "No."])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b" \n", "has no prompt in it"),
        (b"\xff\xfe", "is not UTF-8"),
        (b'{"prompt": "a"}\n{"text": "b"}\nc\n', "Line 2 of the list is not a JSON text"),
        (b'{"prompt": [{"role": "user"}]}', "Line 1"),
        (b'{"prompt": ', "Line 1"),
        (b"a\n" * (keep_out.MOST_PROMPTS + 1), "at most 20,000"),
        (b"a" * (keep_out.MOST_BYTES + 1), "larger than 8 MB"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_in_words(sent: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        keep_out.read(sent)
    assert said in refused.value.problems[0].message
    assert {problem.field for problem in refused.value.problems} == {"keep_out"}


def test_a_list_of_texts_has_the_same_limits() -> None:
    for texts in ([" "], ["a"] * (keep_out.MOST_PROMPTS + 1), ["a" * keep_out.MOST_BYTES, "b"]):
        with pytest.raises(Invalid):
            keep_out.kept(texts)


def test_the_first_bad_lines_are_told_and_then_how_many_more() -> None:
    with pytest.raises(Invalid) as refused:
        keep_out.read(b'{"prompt": "a"}\n' + b"{}\n" * 9)
    assert len(refused.value.problems) == 6
    assert refused.value.problems[-1].message == "4 more lines are not either."

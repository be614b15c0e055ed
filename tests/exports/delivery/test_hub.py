"""Delivering to the Hugging Face Hub: the real library, against a server that speaks its endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import huggingface_hub.constants
import pytest
from huggingface_hub.utils import close_session

from labeler.errors import Conflict, NotNow
from labeler.exports.delivery import sending
from labeler.exports.delivery.destinations import HubPlace
from labeler.exports.delivery.files import File
from tests.exports.delivery.conftest import CONTENT, Quiet, published
from tests.exports.delivery.hub_server import REPOSITORY, TOKEN, Hub, serving

# huggingface_hub uploads files in a way that its own HTTP library takes and warns of
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)  # only the Hub itself speaks that
    monkeypatch.setenv("LAB_TOKEN", TOKEN)
    with serving(Hub()) as made:
        yield made
    close_session()


def place_of(hub: Hub, repository: str = REPOSITORY) -> HubPlace:
    return HubPlace.model_validate(
        {
            "name": "hub", "kind": "hub", "repository": repository, "prefix": "sets", "endpoint": hub.url,
            "allow_http": True, "token": {"env": "LAB_TOKEN"},
        }
    )  # fmt: skip


def content(files: list[File]) -> dict[str, bytes]:
    return {f"sets/bread-v1/{file.path}": file.source.read_bytes() for file in files}


def private() -> bool:
    """The version is not published."""
    return False


def test_all_of_it_arrives_in_one_commit_and_a_second_delivery_makes_none(hub: Hub, parcel: list[File]) -> None:
    hub.files["README.md"] = b"of the repository"
    told = Quiet()
    where = sending.send(place_of(hub), "bread-v1", parcel, told, private)
    assert where == f"{hub.url}/datasets/lab/bread/tree/main/sets/bread-v1"
    assert hub.files == {"README.md": b"of the repository", **content(parcel)}
    assert (hub.commits, sorted(told.there)) == (2, sorted(file.path for file in parcel))
    assert told.bytes == sum(file.size for file in parcel)
    sending.send(place_of(hub), "bread-v1", parcel, Quiet(), private)
    assert (hub.commits, len(hub.uploads)) == (2, 1)


def test_large_files_that_were_uploaded_before_a_broken_attempt_are_not_uploaded_again(
    hub: Hub, made: Callable[[dict[str, bytes]], list[File]]
) -> None:
    files = made({**CONTENT, **{f"data/{name}.parquet": name.encode() * (5 << 20) for name in "ab"}})
    hub.before = lambda method, path: 500 if path.endswith("/commit/main") else None
    with pytest.raises(NotNow, match=r"hub cannot be reached at the moment\. It answered 500"):
        sending.send(place_of(hub), "bread-v1", files, Quiet(), private)
    assert (hub.files, len(hub.uploads)) == ({}, 3), "nothing of it is seen"
    hub.before = lambda method, path: None
    sending.send(place_of(hub), "bread-v1", files, Quiet(), private)
    assert (hub.files, len(hub.uploads)) == (content(files), 3)


def test_what_is_not_published_never_goes_where_everybody_sees_it(
    hub: Hub, parcel: list[File], made: Callable[[dict[str, bytes]], list[File]]
) -> None:
    hub.private = False
    with pytest.raises(Conflict, match="Everybody can see the repository lab/bread, and this version is not published"):
        sending.send(place_of(hub), "bread-v1", parcel, Quiet(), private)
    hub.private = True

    def opened(method: str, path: str) -> None:
        if path.startswith("/lfs/"):
            hub.private = False

    hub.before = opened  # somebody opens it while it is sent
    with pytest.raises(Conflict, match="Everybody can see"):
        sending.send(place_of(hub), "bread-v1", made({"data/a.parquet": b"a" * (5 << 20)}), Quiet(), private)
    assert hub.files == {}
    sending.send(place_of(hub), "bread-v1", parcel, Quiet(), published)
    assert hub.files == content(parcel)


def test_nothing_is_overwritten(hub: Hub, parcel: list[File]) -> None:
    for path, theirs in {"README.md": b"# Broad\n", "data/judgments.parquet": b"PAR0" + bytes(3000) + b"PAR0"}.items():
        hub.files = {f"sets/bread-v1/{path}": theirs}
        with pytest.raises(Conflict, match=f"something else already: {path}. Nothing there was changed"):
            sending.send(place_of(hub), "bread-v1", parcel, Quiet(), private)
        assert (hub.files, hub.commits) == ({f"sets/bread-v1/{path}": theirs}, 1)


def test_a_commit_of_somebody_else_in_between_is_looked_at_first(hub: Hub, parcel: list[File]) -> None:
    def theirs(method: str, path: str) -> None:
        if path.endswith("/commit/main"):
            hub.files["sets/bread-v1/README.md"] = b"# Broad\n"
            hub.commits += 1

    hub.before = theirs
    with pytest.raises(NotNow, match="Somebody else changed lab/bread at the same moment"):
        sending.send(place_of(hub), "bread-v1", parcel, Quiet(), private)
    with pytest.raises(Conflict, match="something else already: README"):
        sending.send(place_of(hub), "bread-v1", parcel, Quiet(), private)


def test_what_the_repository_ignores_is_missed(hub: Hub, parcel: list[File]) -> None:
    hub.ignored = ".parquet"
    with pytest.raises(Conflict, match=r"data/judgments\.parquet at .* is missing"):
        sending.send(place_of(hub), "bread-v1", parcel, Quiet(), private)


@pytest.mark.parametrize(
    ("status", "sort", "words"),
    [
        (401, Conflict, "The token of hub is refused: it is wrong, or has run out"),
        (403, Conflict, "The token of hub may not write to lab/bread"),
        (502, NotNow, "hub cannot be reached at the moment. It answered 502"),
    ],
)
def test_what_the_hub_answers_is_told_in_words(
    hub: Hub, parcel: list[File], status: int, sort: type[Exception], words: str
) -> None:
    hub.before = lambda method, path: status
    for attempt in (
        lambda: sending.check(place_of(hub)),
        lambda: sending.send(place_of(hub), "v", parcel, Quiet(), private),
    ):
        with pytest.raises(sort, match=words) as refused:
            attempt()
        assert TOKEN not in str(refused.value)


def test_a_repository_that_is_not_there_and_a_hub_that_is_gone(hub: Hub, parcel: list[File]) -> None:
    with pytest.raises(Conflict, match="There is no dataset repository lab/cakes at hub"):
        sending.send(place_of(hub, "lab/cakes"), "bread-v1", parcel, Quiet(), private)
    gone = place_of(hub).model_copy(update={"endpoint": "http://127.0.0.1:9"})
    with pytest.raises(NotNow, match="It does not answer"):
        sending.send(gone, "bread-v1", parcel, Quiet(), private)


def test_a_repository_is_checked_without_writing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "It is private: versions that are not published may go there." in sending.check(place_of(hub))
    hub.private = False
    assert "Everybody can see it: only published versions go there." in sending.check(place_of(hub))
    assert (hub.files, hub.commits) == ({}, 1)
    monkeypatch.setenv("LAB_TOKEN", "hf_old")
    with pytest.raises(Conflict, match="has run out"):
        sending.check(place_of(hub))

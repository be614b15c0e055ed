"""The operator's file: what it may say, and that every mistake is told with its field and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.errors import Conflict, Invalid
from labeler.exports.delivery import destinations
from labeler.exports.delivery.destinations import BucketPlace, FolderPlace, Secret

GOOD = """
[archive]
title = "The archive of the lab"
kind = "folder"
folder = "/srv/datasets"
prefix = "/labeler/rlhf/"

[bucket]
kind = "s3"
bucket = "datasets"
endpoint = "http://127.0.0.1:9000"
allow_http = true
access_key_id = { env = "BUCKET_KEY" }
secret_access_key = { file = "/run/secrets/bucket" }

[hub]
kind = "hub"
repository = "lab/bread"
token = { env = "HF_TOKEN" }
"""

BAD = """
[archive]
kind = "folder"
folder = "datasets"
prefix = "../elsewhere"

[Up]
kind = "folder"
folder = "/srv"

[bucket]
kind = "s3"
bucket = "datasets"
endpoint = "http://127.0.0.1:9000"
secret = "abc"
access_key_id = "AKIA"
secret_access_key = { env = "A", file = "/b" }

[post]
kind = "mail"

[hub]
kind = "hub"
repository = "bread"
token = { file = "secret" }
"""


def test_a_file_names_destinations_of_three_kinds(tmp_path: Path) -> None:
    assert destinations.read(tmp_path) == {}
    (tmp_path / "destinations.toml").write_text(GOOD)
    found = destinations.read(tmp_path)
    assert list(found) == ["archive", "bucket", "hub"]
    archive, bucket = found["archive"], found["bucket"]
    assert isinstance(archive, FolderPlace)
    assert (archive.shown, archive.at("bread-v3")) == ("The archive of the lab", "labeler/rlhf/bread-v3")
    assert isinstance(bucket, BucketPlace)
    assert (bucket.shown, bucket.at("bread-v3"), bucket.way) == ("bucket", "bread-v3", "s3")
    with pytest.raises(Conflict, match="cellar is not set up any more"):
        destinations.one(tmp_path, "cellar")


def test_every_mistake_is_told_at_once_with_its_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "destinations.toml").write_text(BAD)
    with pytest.raises(Invalid) as refused:
        destinations.read(tmp_path)
    told = {(each.field, each.line): each.message for each in refused.value.problems}
    assert told == {
        ("archive.folder", 4): "Write the whole path, from / on.",
        ("archive.prefix", 5): "Use letters, digits, dots, hyphens and underscores, with / between folders.",
        ("Up", 7): "Name it with lower-case letters and digits joined by hyphens, at most 40 characters.",
        ("bucket.endpoint", 14): "Use https, or say allow_http = true where nobody else is on the network between.",
        ("bucket.secret", 15): "There is no such field.",
        ("bucket.access_key_id", 16): "Give a table of names and values.",
        ("bucket.secret_access_key", 17): 'Say where it is: { env = "NAME" } or { file = "/path" }, and never the '
        "secret itself.",
        ("post.kind", 20): "Choose one of folder, s3, hub.",
        ("hub.repository", 24): "Write it as owner/name.",
        ("hub.token", 25): "Write the whole path of the file, from / on.",
    }
    assert "AKIA" not in str(told)


@pytest.mark.parametrize(
    ("text", "field", "line", "words"),
    [
        ('[a]\nkind = "folder"\nfolder = "data"\n', "a.folder", 3, "Write the whole path"),
        ('[a]\nkind = "folder"\nfolder = "{data}/exports"\n', "a.folder", 3, "apart from the data folder"),
        ('[a]\nkind = "folder"\nfolder = "{up}"\n', "a.folder", 3, "apart from the data folder"),
        (
            '[a]\nkind = "hub"\nrepository = "a/b"\ntoken = { env = "T" }\nendpoint = "http://x"\n',
            "a.endpoint",
            5,
            "https",
        ),
        ('[a]\nkind = "folder"\nkind = "s3"\n', "", 3, "This is not TOML"),
        ('kind = "folder"\n', "kind", 1, "table of its own"),
    ],
)
def test_a_mistake_of_its_own(tmp_path: Path, text: str, field: str, line: int, words: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "destinations.toml").write_text(text.replace("{data}", str(data)).replace("{up}", str(tmp_path)))
    with pytest.raises(Invalid) as refused:
        destinations.read(data)
    (problem,) = refused.value.problems
    assert (problem.field, problem.line) == (field, line)
    assert words in problem.message


def test_a_secret_is_read_when_it_is_needed_and_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BREAD_TOKEN", raising=False)
    secret = Secret(env="BREAD_TOKEN")
    with pytest.raises(Conflict, match="BREAD_TOKEN is not set"):
        secret.read()
    monkeypatch.setenv("BREAD_TOKEN", "hf_1")
    assert secret.read() == "hf_1"
    kept = Secret(file=tmp_path / "token")
    with pytest.raises(Conflict, match="cannot be read"):
        kept.read()
    (tmp_path / "token").write_text("\n")
    with pytest.raises(Conflict, match="is empty"):
        kept.read()
    (tmp_path / "token").write_text("hf_2\n")
    assert kept.read() == "hf_2"
    assert "hf_" not in repr(kept) + repr(secret)

"""Which destination is served by what. The libraries for buckets and for the Hub are loaded when they are needed."""

from __future__ import annotations

from collections.abc import Sequence

from labeler.exports.delivery.destinations import BucketPlace, Destination, FolderPlace
from labeler.exports.delivery.files import File
from labeler.exports.delivery.stores import Allowed, Told
from labeler.exports.delivery.stores import send as send_one_by_one


def send(place: Destination, name: str, files: Sequence[File], told: Told, allowed: Allowed) -> str:
    """Bring the version `name` to its own path at a destination, and say where it lies. What is there already is not
    sent again, and nothing is overwritten.

    Raises Conflict for what a person has to change, NotNow for what may pass, and whatever `told` and `allowed` raise.
    """
    if isinstance(place, FolderPlace):
        from labeler.exports.delivery.folder import FolderStore

        store: FolderStore | BucketStore = FolderStore(place, name)
    elif isinstance(place, BucketPlace):
        from labeler.exports.delivery.s3 import BucketStore

        store = BucketStore(place, name)
    else:
        from labeler.exports.delivery.hub import HubRepository

        repository = HubRepository(place, name)
        repository.send(files, told, allowed)
        return repository.where
    send_one_by_one(store, files, told, allowed)
    return store.where


def check(place: Destination) -> str:
    """Whether a destination can be reached and written to, in words. Raises NotNow or Conflict when it cannot."""
    if isinstance(place, FolderPlace):
        from labeler.exports.delivery import folder

        return folder.check(place)
    if isinstance(place, BucketPlace):
        from labeler.exports.delivery import s3

        return s3.check(place)
    from labeler.exports.delivery import hub

    return hub.check(place)

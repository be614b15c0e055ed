"""Delivering to a bucket that speaks S3. An object appears whole or not at all; large ones go in parts.

The SHA-256 of each object is kept beside it as metadata, and where another program laid one without, it is counted.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from labeler.errors import Conflict, NotNow
from labeler.exports.delivery.destinations import BucketPlace
from labeler.exports.delivery.files import PIECE, File
from labeler.exports.delivery.stores import Told, another, counted

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Credential, S3Store

PART = 16 * PIECE
"""Bytes of a part of a large object: 10,000 parts are allowed, so 160 GB. A file up to this size is one request."""
AT_ONCE = 2
"""Parts on their way at the same time; so much is in memory."""
SHA256 = "sha256"
"""The name of the metadata."""
TRIES: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
PATIENCE: ClientConfig = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=120)}
"""Within an attempt; longer hindrances are for the next attempt of the job."""

_WHO = "Whoever runs this installation"
_AGAIN = "; then deliver again: only the rest is sent."
_REFUSED = f"The credentials of {{title}} are refused ({{code}}). {_WHO} renews them{_AGAIN}"
_RUN_OUT = f"The credentials of {{title}} have run out ({{code}}). {_WHO} renews them{_AGAIN}"
_NOT_ALLOWED = (
    "The credentials of {title} do not allow this in the bucket {bucket}: reading its list, reading and writing "
    f"objects are needed. {_WHO} sees to it{_AGAIN}"
)
_SAID = {
    "NoSuchBucket": f"There is no bucket {{bucket}} at {{title}}. {_WHO} makes it or corrects its name{_AGAIN}",
    "InvalidBucketName": f"{{bucket}} cannot be the name of a bucket. {_WHO} corrects it{_AGAIN}",
    "PermanentRedirect": f"The bucket {{bucket}} is in another region. {_WHO} corrects it{_AGAIN}",
    "AuthorizationHeaderMalformed": f"The region of the bucket {{bucket}} is wrong. {_WHO} corrects it{_AGAIN}",
    "RequestTimeTooSkewed": f"The clock of this machine is wrong, so {{title}} refuses it. {_WHO} sets it{_AGAIN}",
    "AccessDenied": _NOT_ALLOWED,
    "ExpiredToken": _RUN_OUT,
    "ExpiredTokenException": _RUN_OUT,
    "TokenRefreshRequired": _RUN_OUT,
    "InvalidAccessKeyId": _REFUSED,
    "InvalidToken": _REFUSED,
    "SignatureDoesNotMatch": _REFUSED,
}
"""What the codes of S3 mean for the person who waits."""


class BucketStore:
    """The version `name` in a bucket. Raises Conflict without the package or the credentials."""

    def __init__(self, place: BucketPlace, name: str) -> None:
        self._place = place
        self._root = place.at(name)
        self._bucket = _opened(place)

    @property
    def where(self) -> str:
        """The address, as tools of S3 take it."""
        return f"s3://{self._place.bucket}/{self._root}"

    def sizes(self) -> Mapping[str, int]:
        """What lies there."""
        import obstore

        with _in_words(self._place):
            found = [each for some in obstore.list(self._bucket, prefix=f"{self._root}/") for each in some]
        return {
            each["path"].removeprefix(f"{self._root}/"): each["size"] for each in found if each["path"] != self._root
        }

    def sha256(self, path: str, told: Told) -> str:
        """As said beside it, else counted."""
        import obstore

        with _in_words(self._place):
            said = obstore.get(self._bucket, self._key(path), options={"head": True}).attributes.get(SHA256)
        return said or counted(self.pieces(path), told)

    def put(self, file: File, told: Told) -> None:
        """One request that fails where an object is; or parts, and a last look before they become one."""
        with _in_words(self._place):
            if file.size <= PART:
                self._put_small(file, told)
            else:
                self._put_large(file, told)

    def _put_small(self, file: File, told: Told) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        content = b"".join(file.pieces())
        try:
            obstore.put(
                self._bucket, self._key(file.path), content, mode="create", use_multipart=False,
                attributes={SHA256: file.sha256},
            )  # fmt: skip
        except AlreadyExistsError:
            # also after a request whose answer was lost: then it is ours
            if self.sha256(file.path, told) != file.sha256:
                raise another(self.where, [file.path]) from None
        told.alive(file.size)

    def _put_large(self, file: File, told: Told) -> None:
        import obstore

        key = self._key(file.path)
        with obstore.open_writer(
            self._bucket, key, attributes={SHA256: file.sha256}, buffer_size=PART, max_concurrency=AT_ONCE
        ) as out:  # what raises in here leaves no object
            for piece in file.pieces():
                out.write(piece)
                told.alive(len(piece))
            if self._has(key):
                raise another(self.where, [file.path])

    def _has(self, key: str) -> bool:
        import obstore

        try:
            obstore.head(self._bucket, key)
        except FileNotFoundError:
            return False
        return True

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of an object."""
        import obstore

        with _in_words(self._place):
            for piece in obstore.get(self._bucket, self._key(path)).stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def _key(self, path: str) -> str:
        return f"{self._root}/{path}"


def check(place: BucketPlace) -> str:
    """Whether an object can be written, read and listed. Raises NotNow or Conflict with the reason."""
    import obstore

    bucket, key = _opened(place), place.at(f".labeler-check-{secrets.token_hex(4)}")
    with _in_words(place):
        list(obstore.list(bucket, prefix=key))
        obstore.put(bucket, key, b"labeler", mode="create", use_multipart=False)
        bytes(obstore.get(bucket, key).bytes())
    try:
        obstore.delete(bucket, key)
    except (OSError, obstore.exceptions.BaseError):
        return f"can be written to. The file of this check stays there, because nothing may be deleted: {key}"
    return "can be written to, read and listed."


def _opened(place: BucketPlace) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError:
        raise Conflict(
            "Delivering to a bucket needs the package obstore, which is not installed here. Whoever runs this "
            "installation adds it: make deliveries, or pip install 'labeler[s3]'."
        ) from None

    def credentials() -> S3Credential:
        return {
            "access_key_id": place.access_key_id.read(),
            "secret_access_key": place.secret_access_key.read(),
            "token": place.session_token.read() if place.session_token else None,
            "expires_at": None,
        }

    credentials()  # what is missing is told before the first request
    endpoint = place.endpoint or f"https://s3.{place.region}.amazonaws.com"
    # All of it is said here: left out, the library would take it from variables of the environment with common names.
    return S3Store(
        place.bucket,
        region=place.region,
        endpoint=endpoint,
        aws_endpoint_url_s3=endpoint,
        virtual_hosted_style_request=False,
        skip_signature=False,
        conditional_put="etag",
        credential_provider=credentials,
        client_options={**PATIENCE, "allow_http": place.allow_http},
        retry_config=TRIES,
    )


@contextmanager
def _in_words(place: BucketPlace) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except (OSError, BaseError) as error:
        raise _told(place, str(error)) from error


def _told(place: BucketPlace, said: str) -> Conflict | NotNow:
    """What the store says, in words. Only its code is kept: an answer may name keys."""
    found = re.search(r"<Code>(\w{1,60})</Code>", said)
    code = found[1] if found else ""
    if code in _SAID:
        facts = {"title": place.shown, "bucket": place.bucket, "code": code}
        return Conflict(_SAID[code].format(**facts))
    found = re.search(r"status code: (\d{3})", said)
    status = found[1] if found else ""
    if status in ("401", "403"):
        return Conflict(_NOT_ALLOWED.format(title=place.shown, bucket=place.bucket))
    answered = f"It answered {code or status}." if code or status else "It does not answer."
    return NotNow(f"{place.shown} cannot be reached at the moment. {answered}")

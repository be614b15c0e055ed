"""A receipt: one entry of the record, and the proof that it is under a signed checkpoint. Pure.

It is checked with the record's public keys alone, by whoever it was given to: a labeler for her own breaks, an auditor
for an event behind a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from labeler.audit.checking import Key, believed
from labeler.audit.logs import commitment, entry_leaf, root_leaf
from labeler.audit.tree import includes

Hex = Annotated[str, StringConstraints(pattern="^([0-9a-f]{2})*$", max_length=64)]
Path = Annotated[list[Hex], Field(max_length=64)]
Place = Annotated[int, Field(ge=0, lt=2**63)]


class Receipt(BaseModel):
    """What is handed out, as JSON. `number` of `size` in log `log`, whose `root` is leaf `root_number` of the log of
    roots that `checkpoint` signs. Hashes are in hexadecimal; `entry` is the very text that was sealed."""

    model_config = ConfigDict(extra="forbid")

    entry: str
    salt: Hex
    log: UUID
    number: Place
    size: Place
    root: Hex
    path: Path
    root_number: Place
    roots_path: Path
    checkpoint: str


def wrong(told: Any, origin: str, keys: Sequence[Key]) -> str | None:
    """Why this receipt proves nothing; None when it holds. Anything may be passed."""
    try:
        receipt = Receipt.model_validate(told)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        return f"It is no receipt: {field or 'all of it'} is not as it should be."
    signed, why = believed(receipt.checkpoint, origin, keys)
    if signed is None:
        return f"Its checkpoint {why}."
    root = bytes.fromhex(receipt.root)
    if not includes(
        root_leaf(receipt.log, receipt.size, root),
        receipt.root_number,
        signed.size,
        [bytes.fromhex(each) for each in receipt.roots_path],
        signed.root,
    ):
        return "The root it names is not under its checkpoint."
    leaf = entry_leaf(commitment(bytes.fromhex(receipt.salt), receipt.entry.encode("utf-8", "surrogatepass")))
    if not includes(leaf, receipt.number, receipt.size, [bytes.fromhex(each) for each in receipt.path], root):
        return "The entry is not the one that was sealed at this place."
    return None

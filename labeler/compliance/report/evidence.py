"""The rows behind each figure, as an auditor gets them, and what a report says of them to all others. Pure.

A report names the rows of every check by a digest, so that nobody can put others in their place. A plain digest would
tell too much: that of no rows is known to everybody, and rows could be guessed. So it is keyed, by the salts of the
vendor's log: whoever has the auditor's pack has them, and nobody else. What the report was asked for is in the key too:
else two reports on one record, by numbers that differ a little, would tell by equal digests that no row changed. The
made-up names of people come from that key.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Sequence
from uuid import UUID

from labeler.compliance.outcome import Checked, Row
from labeler.compliance.report.asked import in_utc

KEY = b"labeler report evidence 1\n"
COLUMNS = ("row", "at", "person", "log", "leaf", "value", "exception")


def key_of(parameters: str, salts: Iterable[bytes]) -> bytes:
    """The key of a report: from its parameters (`Asked.parameters`), and the salts of the vendor's leaves that are not
    erased, in their order."""
    made = hashlib.sha256(KEY + f"{parameters}\n".encode())
    for salt in salts:
        made.update(salt)
    return made.digest()


def pseudonym(key: bytes, person: UUID) -> str:
    """What a person is called in the rows of one report; in another report she is called otherwise."""
    return "p" + hmac.new(key, b"person\n" + person.bytes, hashlib.sha256).hexdigest()[:16]


def digest(key: bytes, rule: str, rows: bytes) -> str:
    """What `report.json` says of the rows of a check: HMAC-SHA-256 over the rule and their CSV. Without the rule two
    checks without rows would look alike, and one of them may be about what nobody must know."""
    return hmac.new(key, f"rows {rule}\n".encode() + rows, hashlib.sha256).hexdigest()


def rows_csv(checked: Checked, key: bytes) -> bytes:
    """The rows of a check as CSV, in the order of time."""
    names = {person: pseudonym(key, person) for person in checked.people}
    lines = []
    for number, row in enumerate(sorted(checked.rows, key=_order)):
        who = "" if row.person is None else names[row.person]
        lines.append(
            [str(number), in_utc(row.at), who, str(row.log), str(row.number), row.value, "yes" if row.exception else ""]
        )
    return as_csv(COLUMNS, lines)


def as_csv(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """Lines as CSV. No cell begins like a formula of a spreadsheet: such a text gets an apostrophe before it."""
    out = io.StringIO(newline="")
    written = csv.writer(out, lineterminator="\r\n")
    written.writerow(columns)
    written.writerows([safe(cell) for cell in line] for line in lines)
    return out.getvalue().encode()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell


def _order(row: Row) -> tuple[object, ...]:
    return row.at, row.log, row.number, row.person or UUID(int=0), row.value, row.exception

"""Wage benchmarks: what each must say, many from a file, and what the record has of one (PAY-9)."""

from __future__ import annotations

from datetime import date

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.errors import Invalid
from labeler.pay import terms
from labeler.pay.benchmarks import COLUMNS, months_old, read_csv
from labeler.pay.models import WageBenchmark
from tests.support.build import NOW

HEAD = ",".join(COLUMNS)
LINE = "Nowhere,living,typical family,gross,45,12.50,XTS,2026-01-01,Made up,CC0"
TODAY = NOW.date()


def problems(*lines: str, head: str = HEAD) -> list[tuple[int | None, str]]:
    return [(each.line, each.field) for each in read_csv("\n".join([head, *lines]).encode(), TODAY)[1]]


def test_a_file_is_read_with_its_columns_in_any_order_and_either_sign_between_them() -> None:
    rows, wrong = read_csv(f"\ufeff{HEAD}\r\n{LINE}\r\n\r\n".encode(), TODAY)
    assert wrong == [] and (rows[0].per_hour, rows[0].dated, rows[0].line) == (1250, date(2026, 1, 1), 2)
    turned = ";".join(reversed(COLUMNS)), ";".join(reversed(LINE.split(",")))
    again, wrong = read_csv("\n".join(turned).encode(), TODAY)
    assert wrong == [] and again == rows


def test_everything_wrong_in_a_file_is_said_at_once_by_line_and_field() -> None:
    bad = "Nowhere,life,,gross,0,-5,Euro,2026-13-01,Made up,CC0"
    assert problems(LINE, bad, "short,line", LINE) == [
        (3, "household"), (3, "kind"), (3, "hours_week"), (3, "per_hour"), (3, "currency"), (3, "dated"), (4, "file"),
        (5, "dated"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "wrong"),
    [(b"", None), (b"\xff", None), (b"place,kind\nx,y", 1), (HEAD.encode(), None), (f"{HEAD},x\n".encode(), 1)],
)
def test_what_is_no_such_table_is_refused(data: bytes, wrong: int | None) -> None:
    rows, said = read_csv(data, TODAY)
    assert rows == [] and said and all(each.field == "file" and each.line == wrong for each in said)


def test_a_file_is_added_whole_or_not_at_all_and_the_record_has_what_it_says(session: Session) -> None:
    rows, _ = read_csv(f"{HEAD}\n{LINE}\n{LINE.replace('living', 'minimum')}".encode(), TODAY)
    terms.add_benchmarks(session, None, rows[:1], NOW)
    with pytest.raises(Invalid) as wrong:
        terms.add_benchmarks(session, None, rows, NOW)
    assert [(each.line, each.field) for each in wrong.value.problems] == [(2, "dated")]
    assert session.scalar(select(func.count()).select_from(WageBenchmark)) == 1
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "benchmark.add")).one()
    assert orjson.loads(entry.fields) == {
        "place": "Nowhere", "kind": "living", "household": "typical family", "measure": "gross", "hours_week": 45,
        "per_hour": 1250, "currency": "XTS", "dated": "2026-01-01", "source": "Made up", "licence": "CC0",
    }  # fmt: skip


def test_age_is_in_whole_months() -> None:
    assert [months_old(date(2025, 3, day), TODAY) for day in (1, 2, 3)] == [12, 12, 11]

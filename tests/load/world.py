"""A database to measure on: people, and as many tasks as asked for, written by the server itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from labeler import clock, db
from labeler.accounts.models import User
from labeler.accounts.passwords import hashed
from labeler.projects.models import Batch, ImportState, Lane, Project
from tasks.content import Category, Completion, Item, Message, Role, Severity, profile_key
from tests.support.build import add_labeler, add_project

PASSWORD = "a long sentence for the bench"
WORDS = (
    "bread", "dough", "water", "salt", "oven", "crust", "flour", "starter", "morning", "bowl", "table", "window",
    "light", "kitchen", "hands", "time", "warm", "slow", "fold", "rest", "bake", "cool", "slice", "butter",
    "honey", "tea", "friend", "letter", "train", "river", "stone", "garden", "tree", "apple", "boat", "cloud",
)  # fmt: skip
TEXTS = 50
"""Different texts in the benchmark's tasks; each task adds its number."""


@dataclass(frozen=True, slots=True)
class People:
    """Labelers who can sign in, by address."""

    emails: list[str]
    ids: list[UUID]


def prose(seed: int, characters: int) -> str:
    """Made-up text of about so many characters, the same for the same seed: paragraphs, and a list in every third."""
    words: list[str] = []
    size = 0
    while size < characters:
        word = WORDS[(seed * 31 + len(words) * 17 + len(words) // 7 * seed) % len(WORDS)]
        words.append(
            word + (".\n\n" if len(words) % 60 == 59 else "\n- " if seed % 3 == 0 and len(words) % 40 == 39 else "")
        )
        size += len(words[-1]) + 1
    return " ".join(words)


def pair(number: int) -> Item:
    """A comparison of about 2 KB."""
    return Item(
        prompt=(Message(role=Role.USER, content=prose(number + 1, 240)),),
        completions=tuple(
            Completion(messages=(Message(role=Role.ASSISTANT, content=prose(number * 2 + n + 7, 800)),), model=f"m-{n}")
            for n in range(2)
        ),
    )


def add_people(count: int) -> People:
    """So many labelers, all with the same password."""
    with db.transaction() as session:
        password = hashed(PASSWORD)
        made = [add_labeler(session, email=f"bench-{n}-{id(password)}@example.org") for n in range(count)]
        ids = [each.id for each in made]
        session.execute(update(User).where(User.id.in_(ids)).values(password_hash=password))
        emails = [session.get_one(User, each).email for each in ids]
    return People(emails, ids)


def add_comparisons(tasks: int, overlap: int, *, seen: float = 1.0) -> UUID:
    """A live project of so many comparisons; a share `seen` of them is for everybody, the rest in lanes that need a
    consent nobody has given. Returns the project's id.
    """
    with db.transaction() as session:
        project = add_project(session, overlap=overlap, categories=dict.fromkeys(Category, 3))
        batch = Batch(
            project_id=project.id, name="bench", content_hash=str(project.id), copy=1, created_by=project.created_by,
            created_at=clock.now(), settings={}, state=ImportState.DONE, tasks=tasks, rows=tasks,
            finished_at=clock.now(),
        )  # fmt: skip
        session.add(batch)
        session.flush()
        shares = _shares(tasks, seen)
        first = 0
        for number, share in enumerate(shares):
            profile = {} if number == 0 else {list(Category)[(number - 1) % 15]: Severity(2 + (number - 1) // 15)}
            lane = Lane(
                project_id=project.id, language="en", profile=profile_key(profile),
                severity=max(profile.values(), default=0), tail=share,
            )  # fmt: skip
            session.add(lane)
            session.flush()
            _fill(session, project, batch.id, lane.id, first, share)
            first += share
    with db._sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM ANALYZE"))
    return project.id


def _shares(tasks: int, seen: float) -> Sequence[int]:
    if seen >= 1:
        return [tasks]
    open_to_all = round(tasks * seen)
    others = 19
    return [open_to_all, *[(tasks - open_to_all) // others] * others]


def _fill(session: Session, project: Project, batch_id: UUID, lane_id: UUID, first: int, count: int) -> None:
    items = [pair(number).model_dump_json() for number in range(TEXTS)]
    prefix = project.id.hex[-8:]
    key = "CAST(:prefix || '-0000-7000-8000-' || lpad(to_hex(:first + i), 12, '0') AS uuid)"
    given = {"prefix": prefix, "first": first, "count": count}
    session.execute(
        text(f"""
            INSERT INTO task (id, lane_id, batch_id, position, overlap, first_order, claims, handed)
            SELECT {key}, :lane, :batch, i, :overlap, CASE WHEN i % 2 = 0 THEN '01' ELSE '10' END, 0, 0
            FROM generate_series(1, :count) i
        """),
        {**given, "lane": lane_id, "batch": batch_id, "overlap": project.overlap},
    )
    session.execute(
        text(f"""
            INSERT INTO task_content (task_id, item)
            SELECT {key}, (CAST(:items AS text[]))[1 + i % :texts] FROM generate_series(1, :count) i
        """),
        {**given, "items": items, "texts": TEXTS},
    )


def far_ahead(labeler_id: UUID, project_id: UUID, done: int) -> None:
    """Let a labeler have judged the first `done` tasks of the project's first lane; all of them are still open."""
    with db.transaction() as session:
        lane = session.execute(
            text("SELECT id FROM lane WHERE project_id = :project AND severity = 0"), {"project": project_id}
        ).scalar_one()
        given = {
            "lane": lane, "me": labeler_id, "done": done, "project": project_id,
            "yesterday": clock.now() - timedelta(days=1),
            "answer": '{"reasons":[],"comment":null,"verdict":"preference","preferred":0,"margin":2}',
        }  # fmt: skip
        session.execute(
            text("""
                WITH past AS (
                    UPDATE task SET claims = claims + 1, handed = handed + 1
                    WHERE lane_id = :lane AND position <= :done AND claims < overlap RETURNING id, first_order, handed
                ), given AS (
                    INSERT INTO assignment (id, task_id, labeler_id, guideline_version, fence, "order", handed_at,
                                            lease_until, state, seen_seconds, ended_at)
                    SELECT gen_random_uuid(), id, :me, 1, handed, first_order, CAST(:yesterday AS timestamptz),
                           CAST(:yesterday AS timestamptz), 'judged', 0, CAST(:yesterday AS timestamptz)
                    FROM past RETURNING id, task_id
                )
                INSERT INTO judgment (id, assignment_id, task_id, labeler_id, project_id, guideline_version, kind,
                                      kind_version, "order", answer, standing, idem_key, fingerprint, handed_at,
                                      shown_seconds, submitted_at, fence, version)
                SELECT gen_random_uuid(), id, task_id, :me, :project, 1, 'comparison', 1, '01',
                       :answer, 'counted', CAST(id AS text), decode(repeat('00', 32), 'hex'),
                       CAST(:yesterday AS timestamptz), 30, CAST(:yesterday AS timestamptz), 1, 1
                FROM given
            """),
            given,
        )
        session.execute(
            text("INSERT INTO lane_cursor (labeler_id, lane_id, position) VALUES (:me, :lane, :done)"),
            {name: given[name] for name in ("me", "lane", "done")},
        )

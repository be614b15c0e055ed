"""What the role that runs the product may do with each table of PostgreSQL: with those of the record, insert and read.

The role that owns the tables migrates them, and is used for nothing else (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from labeler.errors import LabelerError

RECORD = ("audit_entry", "log_checkpoint", "log_leaf", "log_node", "log_root")
"""Tables of the record."""
ADDED_TO = (*RECORD, "policy")
"""Tables whose rows are only ever added."""
READ = ("alembic_version",)
"""Tables that only migrations write."""
FORGET = "forget_answers(uuid, integer, uuid)"
"""The function by which an erased person's answers leave the record."""


def statements(connection: Connection, role: str, tables: Iterable[str]) -> list[str]:
    """What `labeler db grant` executes: the same however often. `tables` are the product's. Raises LabelerError when
    this role would keep rights that the grants are to take from it."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    schema = quote(connection.execute(text("SELECT current_schema()")).scalar_one())
    owner, known, above = connection.execute(
        text(
            "SELECT tableowner, EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :role),"
            " EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :role"
            "         AND (rolsuper OR pg_has_role(oid, tableowner::name, 'MEMBER')))"
            " FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'audit_entry'"
        ),
        {"role": role},
    ).one()
    if not known:
        raise LabelerError(f"There is no role {role}. Make it first: CREATE ROLE {quote(role)} LOGIN PASSWORD '…'")
    if above:
        raise LabelerError(
            f"{role} is {owner}, who owns the tables, or may become it: nothing can be denied to it. Let another role"
            " run the product."
        )
    who = quote(role)
    made = [f"GRANT USAGE ON SCHEMA {schema} TO {who}"]
    for table in sorted({*tables, *READ}):
        name = f"{schema}.{quote(table)}"
        rights = (
            "SELECT" if table in READ else "SELECT, INSERT" if table in ADDED_TO else "SELECT, INSERT, UPDATE, DELETE"
        )
        made += [f"REVOKE ALL ON {name} FROM PUBLIC, {who}", f"GRANT {rights} ON {name} TO {who}"]
    return [*made, f"GRANT EXECUTE ON FUNCTION {schema}.{FORGET} TO {who}"]


def may_change(connection: Connection) -> list[str]:
    """The tables of the record in which this connection's role may change or remove rows, or could let itself do so."""
    wanted = text(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY (:tables) AND ("
        " pg_has_role(current_user, tableowner::name, 'MEMBER')"
        " OR has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'UPDATE, DELETE, TRUNCATE')"
        " OR has_any_column_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'UPDATE'))"
        " ORDER BY tablename"
    )
    return list(connection.scalars(wanted, {"tables": list(RECORD)}))

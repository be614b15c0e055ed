"""`labeler db`: who may do what in PostgreSQL."""

from __future__ import annotations

import click


@click.group()
def db() -> None:
    """The database: which rights the role has that runs the product."""


@db.command("grant")
@click.argument("role")
@click.option("--print", "only_print", is_flag=True, help="Print the statements, and change nothing.")
def db_grant(role: str, only_print: bool) -> None:
    """Give ROLE what web and workers need of every table; of the record, to insert and to read only.

    Run it as the owner of the tables (DATABASE_URL), after `labeler init` and after every upgrade; then let web and
    workers connect as ROLE. Running it again changes nothing.
    """
    from labeler.audit.grants import statements
    from labeler.cli.doors import opened
    from labeler.db import transaction
    from labeler.errors import LabelerError
    from labeler.models import metadata

    with opened() as settings:
        if settings.embedded:
            raise LabelerError("SQLite has no roles: whoever may write the file may change all of it.")
        with transaction() as session:
            connection = session.connection()
            made = statements(connection, role, metadata.tables)
            for each in made:
                if only_print:
                    click.echo(f"{each};")
                else:
                    connection.exec_driver_sql(each)
        if not only_print:
            click.echo(f"{role} may insert into the record and read it, and use the rest of the tables.")

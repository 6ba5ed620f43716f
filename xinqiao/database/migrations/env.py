"""Alembic runs this; the connection, in its transaction, is handed over by the caller."""

from alembic import context

from xinqiao.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()

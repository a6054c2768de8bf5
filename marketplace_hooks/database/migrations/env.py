"""Alembic's entry into our migrations; `database/migrate.py` hands it a connection and the options."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    transaction_per_migration=True,
    render_as_batch=False,
    **config.attributes["options"],
)
with context.begin_transaction():
    context.run_migrations()

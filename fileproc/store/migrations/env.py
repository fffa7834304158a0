"""Alembic's entry: runs the steps on the connection that `fileproc.store.migrate` hands over."""

from alembic import context

from fileproc.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()

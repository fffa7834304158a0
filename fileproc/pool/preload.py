"""What a worker needs, imported once: workers are forked from a server that has loaded this and started nothing.

Imports only. Nothing here may start a thread or open a connection, because a fork would copy its locks without its
owner; a test looks after that.
"""

import importlib
import pkgutil

import botocore.client
import botocore.httpsession
import botocore.signers  # noqa: F401
import duckdb  # noqa: F401

import fileproc.aws.s3
import fileproc.pool.worker
import fileproc.quality.checks
import fileproc.quality.history
import fileproc.quality.key_sets
import fileproc.quality.objects
import fileproc.quality.reading
import fileproc.quality.split
import fileproc.services.verify

#: Rooms whose modules a check loads only when a file asks for them; a worker has them all.
ROOMS = (fileproc.quality.checks, fileproc.quality.history, fileproc.quality.reading, fileproc.quality.split)

for room in ROOMS:
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)

"""What a worker needs, imported once: workers are forked from a server that has loaded this and started nothing.

Imports only. Nothing here may start a thread or open a connection, because a fork would copy its locks without its
owner; a test looks after that.
"""

import botocore.client
import botocore.httpsession
import botocore.signers  # noqa: F401
import duckdb  # noqa: F401

import fileproc.aws.s3
import fileproc.pool.worker
import fileproc.services.verify  # noqa: F401

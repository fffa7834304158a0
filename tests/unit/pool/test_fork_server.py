"""Where workers come from: what would stop them from starting is told before, in a sentence."""

from __future__ import annotations

import tempfile

import pytest

from fileproc.errors import ExitCode, UsageError
from fileproc.pool.process import LONGEST_TEMP_FOLDER, fork_server


def test_a_temporary_folder_that_is_too_deep_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket could not be made below it; the message says which variable to set, and the pool ends with 2."""
    monkeypatch.setattr(tempfile, "tempdir", "/" + "x" * LONGEST_TEMP_FOLDER)
    with pytest.raises(UsageError, match=f"set TMPDIR to a path of {LONGEST_TEMP_FOLDER} bytes") as caught:
        fork_server()

    assert ExitCode.USAGE == caught.value.exit_code
    monkeypatch.setattr(tempfile, "tempdir", "/" + "x" * (LONGEST_TEMP_FOLDER - 1))
    assert "forkserver" == fork_server().get_start_method()

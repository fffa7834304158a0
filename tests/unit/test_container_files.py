"""What a container and a developer's machine are made from fits together and can be read."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from fileproc import container, settings
from fileproc.domain.events import ObjectCreated, parse_event, strict_json

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))


def test_the_image_copies_only_what_is_there() -> None:
    """A build does not stop at a file that was renamed."""
    sources = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]
    ]

    assert [] == [source for source in sources if not (ROOT / source).exists()]


def test_the_image_runs_as_nobody_in_particular_and_without_a_shell() -> None:
    """Exec form, so that signals arrive; a numeric user, so that runAsNonRoot can be proved; no floating tag."""
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    for word in ("ENTRYPOINT", "HEALTHCHECK"):
        line = next(one for one in DOCKERFILE.splitlines() if one.startswith(word))
        assert json.loads(line[line.index("[") :])
    assert ":latest" not in DOCKERFILE


def test_the_image_sets_only_settings_that_exist() -> None:
    """A typo in ENV is found here and not in production."""
    block = DOCKERFILE[DOCKERFILE.index("ENV PATH") :]
    names = re.findall(r"\b(FILEPROC_\w+|DATABASE_URL|SNS_\w+|DRY_RUN\w*)=", block)
    names += [name for name in COMPOSE["services"]["fileproc"]["environment"] if not name.startswith("AWS_")]

    assert set() == set(names) - set(settings.BY_NAME)


def test_compose_mounts_what_is_there() -> None:
    """Every file that a container gets from here exists, and no image floats."""
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists()
        assert not service.get("image", "").endswith((":latest", ":stable"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_careful(script: Path) -> None:
    """Executable, readable by bash, and they stop at the first thing that goes wrong."""
    commands = [line for line in script.read_text().splitlines() if not line.startswith("#")]
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" == commands[0]
    assert 0 == subprocess.run(["bash", "-n", script], check=False).returncode


def test_the_sample_event_is_an_event() -> None:
    """`fileproc process event.json` reads it as one new object."""
    envelope = strict_json((ROOT / "event.json").read_bytes())

    (event,) = parse_event(strict_json(envelope["Message"]))

    assert isinstance(event, ObjectCreated)
    assert "s3://acme-drop/orders/monday.csv" == event.ref.address


def test_compose_waits_longer_than_the_programs_may_take() -> None:
    """A stop is never cut short: the container's grace is more than the drain and the farewell together."""
    drain = float(settings.BY_NAME["FILEPROC_DRAIN_SECONDS"].default or 0)

    grace = float(COMPOSE["services"]["fileproc"]["stop_grace_period"].removesuffix("s"))

    assert grace > drain + container.FAREWELL

"""The same cases, steered by atheris (coverage-guided, libFuzzer); it lives in an environment of its own.

libFuzzer ends the process at a crash, a hang or too much memory and leaves the case in `scratch`; finds of ours are
written there, too, and it goes on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["fileproc.quality"]):
    from fileproc import logs
    from tests.fuzz import harness
    from tests.fuzz.case import CONTRACT
    from tests.fuzz.child import save
    from tests.fuzz.corpus import LARGEST, mutate, seeds


def main(scratch: Path, seed: int, seconds: float, target: str, megabytes: int) -> None:
    """Run until the time is up."""
    logs.configure(program="fuzz", level="critical")
    corpus = scratch / "corpus"
    corpus.mkdir(exist_ok=True)
    others = [case.encode() for case in seeds()]
    for number, data in enumerate(others):
        (corpus / f"seed-{number}").write_bytes(data)
    counted = [0]

    def one(data: bytes) -> None:
        if target != "both" and (data[:1] >= bytes((CONTRACT,))) != (target == "contract"):
            return
        (scratch / "current").write_bytes(data)
        try:
            harness.run(data)
        except harness.Found as found:
            save(scratch, found.signature, data, str(found))
        counted[0] += 1
        (scratch / "count").write_text(f"{counted[0]} {len(list(corpus.iterdir())) - len(others)} 0")

    def change(data: bytes, most: int, number: int) -> bytes:
        if number % 2:
            return bytes(atheris.Mutate(data, most))
        return mutate(data, Random(number), others)[:most]

    options = [
        f"-max_total_time={int(seconds)}", f"-rss_limit_mb={megabytes}", "-timeout=20", f"-max_len={2 * LARGEST}",
        f"-seed={seed + 1}", f"-artifact_prefix={scratch}/", "-print_final_stats=1", "-detect_leaks=0",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5]))

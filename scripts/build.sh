#!/usr/bin/env bash
# Build the image: scripts/build.sh [TAG]
set -euo pipefail
cd "$(dirname "$0")/.."

tag="${1:-fileproc:$(sed -n 's/^__version__ = "\(.*\)"/\1/p' fileproc/__init__.py)}"
command -v docker >/dev/null || { echo "docker is not installed; see https://docs.docker.com/engine/install/" >&2; exit 1; }
exec docker build --tag "$tag" .

#!/usr/bin/env bash
# The service on this machine for development: scripts/run_local_listener.sh [PORT]
# Dry run, console logs, LocalStack at localhost:4566. Whatever is set in the environment or in .env wins.
set -euo pipefail
cd "$(dirname "$0")/.."

port="${1:-8080}"
make --silent .venv/.stamp-demo

# What .env sets is left to the program, which reads it; these are only for what nobody set.
default() { grep -qs "^$1=" .env || export "$1=${!1:-$2}"; }
default AWS_ENDPOINT_URL http://localhost:4566
default AWS_ACCESS_KEY_ID test
default AWS_SECRET_ACCESS_KEY test
default AWS_DEFAULT_REGION us-east-1
default SNS_TOPIC_ARNS 'arn:aws:sns:us-east-1:000000000000:*'
default SNS_CERT_URL_PREFIX http://localhost:4566/_aws/sns/
default FILEPROC_CONTRACTS ./fileproc/demo/contracts
default FILEPROC_LOG_FORMAT console
default DRY_RUN true

exec .venv/bin/fileproc serve --port "$port"

#!/usr/bin/env bash
# The part of scripts/check-debian13 that runs inside the Debian 13 root directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Removes settings that refer to accounts and folders of the host.
for name in "${!AWS_@}" CCACHE_DIR CCACHE_BASEDIR TMPDIR; do unset "$name"; done
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

scripts/setup --tests
CQ_WERROR=ON scripts/build release cq-source-s3
PYTHONPATH=tests/e2e exec .tools/venv/bin/python scripts/check_sync.py

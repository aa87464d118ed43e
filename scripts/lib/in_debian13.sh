#!/usr/bin/env bash
# What scripts/check-debian13 does inside the root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Nothing of the host's own accounts and folders.
for name in "${!AWS_@}" CCACHE_DIR CCACHE_BASEDIR TMPDIR; do unset "$name"; done
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

scripts/setup --tests
CQ_WERROR=ON scripts/build release cq-source-s3
PYTHONPATH=tests/e2e exec .tools/venv/bin/python scripts/check_sync.py

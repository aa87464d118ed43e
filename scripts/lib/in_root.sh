#!/usr/bin/env bash
# The part of scripts/check-roots that runs inside a root directory. "dist" builds the one file; "sync" builds the plugin
# and runs a sync with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Removes settings that refer to accounts and folders of the host.
for name in "${!AWS_@}" CCACHE_DIR CCACHE_BASEDIR TMPDIR; do unset "$name"; done
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

if [[ $1 == dist ]]; then
  exec scripts/dist
fi
scripts/setup --tests
CQ_WERROR=ON scripts/build release cq-source-s3
PYTHONPATH=tests/e2e exec .tools/venv/bin/python scripts/check_sync.py

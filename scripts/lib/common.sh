# Sourced by the scripts: paths, messages, and stamps of finished steps.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/.tools
venv=$tools/venv

say() { printf '==> %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# is_current NAME FILE...: whether NAME was finished with the current content of FILEs.
is_current() {
  local name=$1
  shift
  [[ $(cat "$tools/stamps/$name" 2>/dev/null) == "$(contents_hash "$@")" ]]
}

# mark_current NAME FILE...: records that NAME is finished with the current content of FILEs.
mark_current() {
  local name=$1
  shift
  mkdir -p "$tools/stamps"
  contents_hash "$@" >"$tools/stamps/$name"
}

contents_hash() { cat "$@" | sha256sum | cut -d' ' -f1; }

# Sourced by the scripts: where things are, and how to say what happens.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/.tools
venv=$tools/venv

say() { printf '==> %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# is_current NAME FILE...: whether NAME was finished with FILEs that read as they do now.
is_current() {
  local name=$1
  shift
  [[ $(cat "$tools/stamps/$name" 2>/dev/null) == "$(contents_hash "$@")" ]]
}

# mark_current NAME FILE...: NAME is finished with FILEs as they are now.
mark_current() {
  local name=$1
  shift
  mkdir -p "$tools/stamps"
  contents_hash "$@" >"$tools/stamps/$name"
}

contents_hash() { cat "$@" | sha256sum | cut -d' ' -f1; }

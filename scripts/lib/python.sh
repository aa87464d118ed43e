# The Python environment of the project, .tools/venv. Sourced by scripts/setup.

pins=$root/tools/python

make_venv() {
  [[ -x $venv/bin/python ]] && return
  say "Python environment: creating .tools/venv (ten seconds)"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "python3 must be 3.11 or later"
  python3 -m venv "$venv" || fail "python3 cannot create virtual environments. Install python3-venv."
}

# install_pins NAME HOW_LONG: installs the packages in tools/python/NAME.txt unless they are up to date.
install_pins() {
  local name=$1 how_long=$2
  make_venv
  if is_current "python-$name" "$pins/$name.txt" "$venv/pyvenv.cfg"; then
    say "Python packages for $name: up to date"
    return
  fi
  say "Python packages for $name: installing ($how_long)"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins/$name.txt" ||
    fail "pip cannot install $pins/$name.txt"
  mark_current "python-$name" "$pins/$name.txt" "$venv/pyvenv.cfg"
}

# Debian packages. Sourced by scripts/setup.

build_packages=(
  build-essential ca-certificates ccache cmake curl git ninja-build pkg-config python3 python3-venv
  libcli11-dev libcurl4-openssl-dev libgrpc++-dev libprotobuf-dev libminizip-dev libpugixml-dev
  libsimdjson-dev libssl-dev libxxhash-dev libyaml-cpp-dev libzstd-dev nlohmann-json3-dev protobuf-compiler protobuf-compiler-grpc
  zlib1g-dev
  libbenchmark-dev libgmock-dev libgtest-dev
)
tidy_packages=(clang-tidy)
fuzz_packages=(clang libclang-rt-dev)

# install_debian_packages PACKAGE...: installs the missing packages.
install_debian_packages() {
  command -v dpkg >/dev/null || fail "this setup needs a Debian system, but dpkg is missing"
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    say "Debian packages: up to date"
    return
  fi
  local become_root=()
  if ((EUID != 0)); then
    if ! sudo -n true 2>/dev/null && ! { [[ -t 0 ]] && command -v sudo >/dev/null; }; then
      fail "these Debian packages are missing, and only root can install them:
  apt-get install --no-install-recommends ${missing[*]}"
    fi
    become_root=(sudo)
  fi
  say "Debian packages: installing ${missing[*]} (one to three minutes)"
  "${become_root[@]}" apt-get update -q
  "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
}

is_installed() { [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == "install ok installed" ]]; }

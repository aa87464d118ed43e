# Root directories with other systems. Sourced by scripts/check-roots; scripts/lib/debian.sh must be sourced before.

roots=$root/.cache/roots

# make_bare_root SUITE: creates the root SUITE with the essential packages of a release of Debian.
make_bare_root() {
  local suite=$1 log=$roots/debootstrap-$1.log
  [[ -e $roots/$suite/.complete ]] && return
  say "Creating a root directory with $suite in .cache/roots/$suite (two minutes)"
  rm -rf --one-file-system "${roots:?}/$suite"
  mkdir -p "$roots/$suite"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$roots/$suite" "$(mirror)" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "debootstrap cannot create the root directory. See $log."
  }
  touch "$roots/$suite/.complete"
}

# make_build_root SUITE: creates or updates SUITE-build, in which the sources are at /src.
make_build_root() {
  local suite=$1
  make_bare_root "$suite"
  if [[ ! -e $roots/$suite-build/.complete ]]; then
    rm -rf --one-file-system "$roots/$suite-build"
    cp -a "$roots/$suite" "$roots/$suite-build"
  fi
  copy_settings "$roots/$suite-build"
  copy_sources "$roots/$suite-build/src"
  copy_programs "$roots/$suite-build/src/.tools"
}

# Creates the root glibc, which has the files of the package libc6, /dev/null and nothing else.
make_glibc_root() {
  local folder=$roots/glibc
  rm -rf --one-file-system "$folder"
  mkdir -p "$folder/tmp" "$folder/dev"
  unpack_glibc "$folder"
  mknod -m 666 "$folder/dev/null" c 1 3
}

# unpack_glibc FOLDER: unpacks the libraries of the package libc6 of this system.
unpack_glibc() {
  local folder=$1 name
  unpack_package libc6 "$folder"
  # On Debian 13 the package has its files in /usr/lib alone, and another package makes the links.
  for name in lib lib64; do
    [[ -e $folder/$name || ! -e $folder/usr/$name ]] || ln -s "usr/$name" "$folder/$name"
  done
}

# unpack_package PACKAGE FOLDER: unpacks a Debian package, but for its documents.
unpack_package() {
  local package=$1 folder=$2 work
  work=$(mktemp -d)
  (cd "$work" && apt-get -q -o APT::Sandbox::User= download "$package" >/dev/null && dpkg-deb -x "$package"_*.deb files)
  rm -rf "$work/files/usr/share"
  cp -a "$work/files/." "$folder/"
  rm -rf "$work"
}

# Prints the Debian mirror that this machine uses.
mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "Debian" && $3 == "main" {print $4; exit}')
  [[ -n $uri ]] || fail "apt on this machine has no Debian mirror. Add one to its sources."
  echo "$uri"
}

# copy_settings ROOT: copies the settings with which this machine reaches the package registries.
copy_settings() {
  local file
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    if [[ -e $file ]]; then cp -L "$file" "$1$file"; fi
  done
  apt-config dump Acquire | grep -E '^Acquire::(https?::|ftp::|Check-|Retries|Force)' \
    >"$1/etc/apt/apt.conf.d/99-of-the-host" || true
}

# copy_sources PLACE: copies the tracked files. Only files that differ are written, so that the build sees by their times
# what changed.
copy_sources() {
  local place=$1 file
  local -A tracked=()
  while IFS= read -r -d '' file; do
    # Git still lists a file that was just removed.
    [[ -e $root/$file ]] || continue
    tracked[$file]=1
    cmp -s "$root/$file" "$place/$file" && continue
    mkdir -p "$(dirname "$place/$file")"
    cp --preserve=mode "$root/$file" "$place/$file"
  done < <(git -C "$root" ls-files -z)
  while IFS= read -r -d '' file; do
    [[ -n ${tracked[$file]:-} ]] || rm "$place/$file"
  done < <(cd "$place" && find . \( -path ./.tools -o -path ./build -o -path ./dist \) -prune -o -type f -printf '%P\0')
}

# copy_programs PLACE: copies the Go programs of this machine, so that they need not be built again; see build_go_tool.
copy_programs() {
  local name place=$1
  mkdir -p "$place/bin" "$place/stamps"
  for name in cloudquery minio; do
    if [[ -x $tools/bin/$name && -e $tools/stamps/go-$name ]]; then
      cp -u "$tools/bin/$name" "$place/bin/"
      cp -u "$tools/stamps/go-$name" "$place/stamps/"
    fi
  done
}

# run_in ROOT COMMAND...: runs a command inside. The namespaces end with it, and so do the mounts and processes in them.
run_in() {
  unshare --mount --pid --fork --kill-child --propagation private \
    bash -c 'set -e
      mount --rbind /dev "$1/dev"
      mount -t proc proc "$1/proc"
      exec chroot "$@"' run_in "$@"
}

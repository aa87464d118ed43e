# A static libcurl for the one file. Sourced by scripts/setup.
#
# Debian's libcurl.a needs Kerberos, LDAP and RTMP, and Debian has no static libraries of Kerberos. So the library is
# built from Debian's own source package, security patches included, with HTTP and TLS only.

static_curl=$tools/static-curl
debian_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# Builds $static_curl/lib/libcurl.a from the source of the installed libcurl4-openssl-dev.
build_static_curl() {
  local version work
  version=$(dpkg-query -W -f '${source:Version}' libcurl4-openssl-dev)
  if [[ -e $static_curl/lib/libcurl.a && $(cat "$static_curl/version") == "$version" ]]; then
    say "Static libcurl: up to date"
    return
  fi
  say "Static libcurl: building Debian's source of $version (one minute)"
  work=$(mktemp -d)
  fetch_debian_source curl "$version" "$work" >"$tools/static-curl.log" 2>&1 &&
    compile_curl "$work/source" "$work/build" >>"$tools/static-curl.log" 2>&1 || {
    tail -n 20 "$tools/static-curl.log" >&2
    fail "cannot build a static libcurl. See $tools/static-curl.log."
  }
  rm -rf "$work"
  printf '%s\n' "$version" >"$static_curl/version"
}

# fetch_debian_source PACKAGE VERSION FOLDER: unpacks a source package into FOLDER/source. The sources of this machine's
# apt are used without changing its settings, which usually list no source packages.
fetch_debian_source() {
  local package=$1 version=$2 folder=$3
  mkdir -p "$folder/lists/partial"
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sed -n "s|^Debian |deb-src [signed-by=$debian_keys] |p" >"$folder/sources.list"
  local options=(-o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder" -o APT::Sandbox::User=)
  (cd "$folder" && apt-get "${options[@]}" -q update &&
    apt-get "${options[@]}" -q source --download-only "$package=$version" &&
    dpkg-source --no-check -x "$package"_*.dsc source)
}

compile_curl() {
  local source=$1 build=$2
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$static_curl" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF \
    -DENABLE_MANUAL=OFF -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF \
    -DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none \
    -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_LIBPSL=OFF \
    -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBSSH=OFF -DCURL_USE_GSSAPI=OFF -DCURL_DISABLE_LDAP=ON &&
    cmake --build "$build" --target install
}

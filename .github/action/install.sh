#!/usr/bin/env bash
# Installs lameduck for the steps after this one, and names the binary in the output `binary`:
# the archive of a release, checked against its checksums, or else what the action's own source
# gives. Runs with bash 3.2, which macOS has.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
into=$RUNNER_TEMP/lameduck-bin
version=${LAMEDUCK_RELEASE:-}

# The package says where it lives and which version this is: nothing else has to be kept true.
field() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" "$root/Cargo.toml" | head -n 1; }
repository=$(field repository)
version=${version:-$(field version)}
version=${version#v}

target() {
  case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) echo x86_64-unknown-linux-musl ;;
    Linux-ARM64) echo aarch64-unknown-linux-musl ;;
    macOS-X64) echo x86_64-apple-darwin ;;
    macOS-ARM64) echo aarch64-apple-darwin ;;
    # On ARM Windows runs it too.
    Windows-X64 | Windows-ARM64) echo x86_64-pc-windows-msvc ;;
    *) return 1 ;;
  esac
}

fetch() { curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"; }

check() {
  if command -v sha256sum >/dev/null; then
    sha256sum --check --status -
  else
    shasum --algorithm 256 --check --status -
  fi
}

# Fails where there is no such release; ends the job where there is one that is not as published.
download() {
  local name archive base=$repository/releases/download/v$version
  name=lameduck-$(target) || return 1
  case "$RUNNER_OS" in
    Windows) archive=$name.zip ;;
    *) archive=$name.tar.gz ;;
  esac
  fetch "$base/$archive" "$into/$archive" || return 1
  fetch "$base/SHA256SUMS" "$into/SHA256SUMS" || return 1
  cd "$into"
  if ! grep -F "  $archive" SHA256SUMS | check; then
    echo "::error::$archive is not what SHA256SUMS of release v$version says"
    exit 1
  fi
  case "$archive" in
    *.zip) unzip -q "$archive" ;;
    *) tar -xzf "$archive" ;;
  esac
  mv "$name"/lameduck* .
}

mkdir -p "$into"
if [ "$version" = source ] || ! (download); then
  [ ! -f "$into/SHA256SUMS" ] || exit 1
  echo "building lameduck from source"
  cargo install --locked --path "$root" --root "$into/built"
  mv "$into/built/bin"/lameduck* "$into"
fi
binary=$into/lameduck
[ "$RUNNER_OS" != Windows ] || binary=$binary.exe
"$binary" --version
echo "binary=$binary" >>"$GITHUB_OUTPUT"

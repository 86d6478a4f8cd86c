#!/bin/sh
# Installs the Debian packages that the checks beyond `make test` need and
# that are missing.  Needs root; nothing else in the project installs anything.
# (lib32gcc-12-dev, not gcc-multilib: that one cannot stand beside the
# cross compilers.)
missing=
for package in clang llvm valgrind cppcheck strace lib32gcc-12-dev \
    libc6-dev-i386 gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
    gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static musl-tools; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0
# shellcheck disable=SC2086
apt-get update -q && apt-get install -y -q --no-install-recommends $missing

#!/bin/sh
# The source as BUILD/latent-VERSION.tar.gz: files in byte order, owner 0,
# one time (SOURCE_DATE_EPOCH, else the first of January 2026), so that
# everyone gets the same bytes.
# What git knows is packed, or every file where there is no git.
set -e
build=$1 name=latent-$2
mkdir -p "$build"
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files
else
    find . -name 'build*' -prune -o -type f -print | sed 's|^\./||'
fi | LC_ALL=C sort |
    tar --create --files-from=- --no-recursion --transform "s|^|$name/|" \
        --mtime="@${SOURCE_DATE_EPOCH:-1767225600}" --owner=0 --group=0 \
        --numeric-owner --mode='u=rwX,go=rX' --format=ustar |
    gzip -9n >"$build/$name.tar.gz"
sha256sum "$build/$name.tar.gz"

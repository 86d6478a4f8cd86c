#!/bin/sh
# A Debian package BUILD/latent_VERSION_ARCH.deb out of what `make install`
# puts into a folder; the same bytes every time (SOURCE_DATE_EPOCH, else the
# first of January 2026).  DEBEMAIL is the packager's address.
set -e
build=$1 version=$2
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
export SOURCE_DATE_EPOCH
owner="The authors of latent <${DEBEMAIL:-latent@localhost}>"
arch=$(dpkg --print-architecture)
lib=/usr/lib/$(${CC:-cc} -print-multiarch 2>/dev/null || true)
root=$build/deb
rm -rf "$root"
make --no-print-directory BUILD="$build" DESTDIR="$root" PREFIX=/usr \
    LIBDIR="${lib%/}" install >/dev/null
doc=$root/usr/share/doc/latent
strip --strip-unneeded "$root/usr/bin/latent" "$root$lib"/liblatent.so.*.*
strip --strip-debug "$root$lib/liblatent.a"
chmod 644 "$root$lib"/liblatent.so.*.*
gzip -9n "$root"/usr/share/man/man1/*.1
rm "$doc/LICENSE" "$doc/INSTALL.md"
cat >"$doc/copyright" <<C
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: latent

Files: *
Copyright: 2026 the authors of latent
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
C
date=$(date -R -u -d "@$SOURCE_DATE_EPOCH")
gzip -9n >"$doc/changelog.gz" <<C
latent ($version) unstable; urgency=medium

  * Release $version.

 -- $owner  $date
C
mkdir -p "$root/DEBIAN"
size=$(du -sk --apparent-size "$root" | cut -f 1)
cat >"$root/DEBIAN/control" <<C
Package: latent
Version: $version
Architecture: $arch
Maintainer: $owner
Installed-Size: $size
Depends: libc6 (>= 2.34)
Section: science
Priority: optional
Description: analysis of the latent concepts of fine-tuned transformers
 Reads a base encoder and one tuned from it, clusters the word vectors of
 every layer into concepts, and tells which concepts were kept, which have
 human-defined labels, which have turned to a class of the task, and which
 of their words flip predictions.
C
printf 'activate-noawait ldconfig\n' >"$root/DEBIAN/triggers"
printf 'liblatent 0 latent (>= %s)\n' "$version" >"$root/DEBIAN/shlibs"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum \
    >DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$root"
dpkg-deb --root-owner-group --build "$root" \
    "$build/latent_${version}_$arch.deb"

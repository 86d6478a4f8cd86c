#!/bin/sh
# Debian packages out of what `make install` puts into a folder, as Debian
# cuts them: latent (the program), liblatent0 (the shared library) and
# liblatent-dev (headers, both libraries to link with).  BUILD/*.deb, the same
# bytes every time (SOURCE_DATE_EPOCH, else the first of January 2026).
# DEBEMAIL is the packager's address.
set -e
build=$1 version=$2
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
export SOURCE_DATE_EPOCH
owner="The authors of latent <${DEBEMAIL:-latent@packages.invalid}>"
arch=$(dpkg --print-architecture)
lib=/usr/lib/$(${CC:-cc} -print-multiarch 2>/dev/null || true)
lib=${lib%/}
all=$build/deb/all
rm -rf "$build/deb"
make --no-print-directory BUILD="$build" DESTDIR="$all" PREFIX=/usr \
    LIBDIR="$lib" install >/dev/null
strip --strip-unneeded "$all/usr/bin/latent" "$all$lib"/liblatent.so.*.*
strip --strip-debug "$all$lib/liblatent.a"
chmod 644 "$all$lib"/liblatent.so.*.*
gzip -9n "$all"/usr/share/man/man1/*.1
rm "$all/usr/share/doc/latent/LICENSE" "$all/usr/share/doc/latent/INSTALL.md"

# take NAME PATH...: moves what was installed into a package's folder.
take() {
    root=$build/deb/$1
    shift
    for path; do
        mkdir -p "$root$(dirname "$path")"
        mv "$all$path" "$root$path"
    done
}

write_doc() { # NAME
    doc=$build/deb/$1/usr/share/doc/$1
    mkdir -p "$doc"
    cat >"$doc/copyright" <<C
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: latent

Files: *
Copyright: 2026 the authors of latent
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
C
    gzip -9n >"$doc/changelog.gz" <<C
latent ($version) unstable; urgency=medium

  * Release $version.

 -- $owner  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
C
}

# pack NAME SECTION DEPENDS: the rest of the description on standard input.
pack() {
    root=$build/deb/$1
    write_doc "$1"
    mkdir -p "$root/DEBIAN"
    cat >"$root/DEBIAN/control" <<C
Package: $1
Source: latent
Version: $version
Architecture: $arch
Maintainer: $owner
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f 1)
Depends: $3
Section: $2
Priority: optional
C
    cat >>"$root/DEBIAN/control"
    (cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum \
        >DEBIAN/md5sums)
    chmod -R u=rwX,go=rX "$root"
    dpkg-deb --root-owner-group --build "$root" \
        "$build/${1}_${version}_$arch.deb"
}

take liblatent0 "$lib/liblatent.so.0" "$lib/liblatent.so.$version"
take liblatent-dev "$lib/liblatent.so" "$lib/liblatent.a" \
    "$lib/pkgconfig/latent.pc" /usr/include/latent
take latent /usr/bin/latent /usr/share
mkdir "$build/deb/liblatent0/DEBIAN"
printf 'activate-noawait ldconfig\n' >"$build/deb/liblatent0/DEBIAN/triggers"
printf 'liblatent 0 liblatent0 (>= %s)\n' "$version" \
    >"$build/deb/liblatent0/DEBIAN/shlibs"

libc='libc6 (>= 2.34)'
pack latent science "$libc" <<'C'
Description: analysis of the latent concepts of fine-tuned transformers
 Reads a base encoder and one tuned from it, clusters the word vectors of
 every layer into concepts, and tells which concepts were kept, which have
 human-defined labels, which have turned to a class of the task, and which
 of their words flip predictions.
C
pack liblatent0 libs "$libc" <<'C'
Description: analysis of the latent concepts of transformers - library
 Hidden states of encoders read from hub folders and GGUF files, exact Ward
 clustering, alignment of concepts and trigger search.
 .
 This package holds the shared library.
C
pack liblatent-dev libdevel "liblatent0 (= $version), libc6-dev" <<'C'
Description: analysis of the latent concepts of transformers - development
 Hidden states of encoders read from hub folders and GGUF files, exact Ward
 clustering, alignment of concepts and trigger search.
 .
 This package holds the headers and what programs are linked with.
C
rm -rf "$build/deb"

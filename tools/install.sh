#!/bin/sh
# What `make install` and `make uninstall` do.  The manual pages and the
# completion are written by the program itself, from the tables that its
# --help comes from.
#
#   install.sh install|uninstall BUILD DESTDIR PREFIX BINDIR LIBDIR SHARE
#              VERSION SONAME [NATIVE HEADER ...]
set -e
what=$1 build=$2 to=$3 prefix=$4 bin=$5 lib=$6 share=$7
shift 7
version=$1 soname=$2
shift 2
include=$prefix/include/latent
man=$share/man/man1

if [ "$what" = uninstall ]; then
    rm -f "$to$bin/latent" "$to$lib/liblatent.a" "$to$lib/liblatent.so" \
        "$to$lib/$soname" "$to$lib/liblatent.so.$version" \
        "$to$lib/pkgconfig/latent.pc" "$to$man/latent.1" \
        "$to$man"/latent-*.1 \
        "$to$share/bash-completion/completions/latent" \
        "$to$share/zsh/site-functions/_latent" \
        "$to$share/fish/vendor_completions.d/latent.fish"
    rm -rf "$to$include" "$to$share/latent" "$to$share/doc/latent"
    exit
fi

native=$1
shift
put() { # MODE FILE TARGET
    mkdir -p "$(dirname "$3")"
    install -m "$1" "$2" "$3"
}

put 755 "$build/latent" "$to$bin/latent"
put 644 "$build/liblatent.a" "$to$lib/liblatent.a"
put 644 "$build/liblatent.so" "$to$lib/liblatent.so.$version"
ln -sf "liblatent.so.$version" "$to$lib/$soname"
ln -sf "$soname" "$to$lib/liblatent.so"

# Headers keep their folders, so that they find each other.
for header; do
    put 644 "$header" "$to$include/$header"
done
{
    echo '/* latent.h - all public headers of liblatent. */'
    for header; do
        echo "#include \"$header\""
    done
} >"$to$include/latent.h"
mkdir -p "$to$lib/pkgconfig"
sed -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$lib|" \
    -e "s|@VERSION@|$version|" tools/latent.pc.in \
    >"$to$lib/pkgconfig/latent.pc"

put 644 tools/python/latent.py "$to$share/latent/python/latent.py"
for page in README.md LICENSE tools/manual/*.md; do
    put 644 "$page" "$to$share/doc/latent/$(basename "$page")"
done

mkdir -p "$to$man"
"$native" help --man -o "$to$man/latent.1"
for verb in $("$native" help | sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p' |
    grep -v '^latent$'); do
    "$native" help "$verb" --man -o "$to$man/latent-$verb.1"
done
complete() { # SHELL FILE
    mkdir -p "$(dirname "$2")"
    "$native" help --completion "$1" -o "$2"
}
complete bash "$to$share/bash-completion/completions/latent"
complete zsh "$to$share/zsh/site-functions/_latent"
complete fish "$to$share/fish/vendor_completions.d/latent.fish"

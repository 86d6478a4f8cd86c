#!/bin/sh
# Installs the Debian packages that the checks beyond `make test` need and
# that are missing.  Needs root.
#
#   tests/install-tools.sh                other compilers, Valgrind, ...
#   tests/install-tools.sh report FOLDER  what `make test-report` needs:
#                                         Chromium, and npm's axe and HTML
#                                         checker in FOLDER/node_modules
#   tests/install-tools.sh formats FOLDER `make test-formats`: R, and a Python
#                                         environment with NumPy, SciPy,
#                                         pandas, llama.cpp, NeuroX and
#                                         TextAttack in FOLDER (about 6 GB)
#   tests/install-tools.sh slurm          what `make test-slurm` needs
#
# (lib32gcc-12-dev, not gcc-multilib: that one cannot stand beside the
# cross compilers.)
set -e
here=$(cd "$(dirname "$0")" && pwd)

need() {
    missing=
    for package in "$@"; do
        dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok' ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    apt-get update -q
    # shellcheck disable=SC2086
    apt-get install -y -q --no-install-recommends $missing
}

if [ "${1:-}" = report ]; then
    command -v node >/dev/null && command -v npm >/dev/null ||
        need nodejs npm
    need chromium fonts-dejavu-core fonts-noto-color-emoji
    mkdir -p "$2"
    for file in package.json package-lock.json; do
        cmp -s "$here/report/$file" "$2/$file" && continue
        cp "$here/report/package.json" "$here/report/package-lock.json" "$2"
        rm -rf "$2/node_modules"
    done
    [ -d "$2/node_modules" ] || (cd "$2" &&
        npm ci --no-audit --no-fund --ignore-scripts)
    exit 0
fi
if [ "${1:-}" = formats ]; then
    need r-base-core python3-venv
    [ -e "$2/all" ] && exit 0
    python3 -m venv "$2"
    "$2/bin/pip" install -q numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 \
        xllamacpp gguf==0.19.0 h5py==3.16.0 textattack==0.3.11 \
        datasets==3.2.0 transformers==4.57.6
    # Its metadata asks for a NumPy and a PyTorch of 2021; it runs with these.
    "$2/bin/pip" install -q --no-deps neurox==1.0.9
    touch "$2/all"
    exit 0
fi
if [ "${1:-}" = slurm ]; then
    need slurmd slurmctld slurm-client munge
    exit 0
fi
need clang clang-tidy llvm libclang-rt-dev valgrind cppcheck strace \
    lib32gcc-12-dev libc6-dev-i386 gcc-aarch64-linux-gnu \
    libc6-dev-arm64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross \
    qemu-user-static musl-tools

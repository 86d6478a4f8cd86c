#!/bin/sh
# Fetches a model from the Hugging Face hub, for people with a network; no
# other file here calls it, and `latent` itself never opens a connection.
#
#     tools/get-model.sh NAME DIR            (curl; goes on where it stopped)
#     tools/get-model.sh google-bert/bert-base-uncased models/bert
#     tools/get-model.sh NAME@REVISION DIR   a branch, tag or commit
#
# Files that are there are kept.  Afterwards all files are listed in
# DIR/SHA256SUMS; where that file was there before, they are checked against
# it, so that a second machine gets what the first one had.  Hashes that are
# known stand below.  Without a network: copy DIR, `sha256sum -c SHA256SUMS`.
set -eu
[ $# -eq 2 ] || {
    sed -n 's/^# \{0,1\}//; 2,12p' "$0" >&2
    exit 2
}
name=${1%@*} dir=$2 revision=main
case $1 in *@*) revision=${1#*@} ;; esac
case $name in
*[!A-Za-z0-9._/-]* | *..* | /* | */*/* | '')
    echo "get-model: '$name' is not of the form OWNER/NAME" >&2
    exit 2
    ;;
esac
case $revision in
*[!A-Za-z0-9._-]* | '')
    echo "get-model: '$revision' is no branch, tag or commit" >&2
    exit 2
    ;;
esac
command -v curl >/dev/null || { echo "get-model: needs curl" >&2; exit 3; }
site=${LATENT_HUB:-https://huggingface.co}
mkdir -p "$dir"

# Exit code 1: the hub has no such file.
fetch() { # FILE
    [ -s "$dir/$1" ] && { echo "$1: there"; return 0; }
    code=$(curl --location --silent --show-error --fail --retry 3 \
        --continue-at - --output "$dir/$1.part" --write-out '%{http_code}' \
        "$site/$name/resolve/$revision/$1") || {
        case $code in
        404) rm -f "$dir/$1.part"; return 1 ;;
        416) ;; # the part is the whole file
        *) echo "get-model: $1: no answer that helps ($code)" >&2; exit 3 ;;
        esac
    }
    mv "$dir/$1.part" "$dir/$1"
    echo "$1"
}

fetch config.json || {
    echo "get-model: the hub has no model $name at $revision" >&2
    exit 1
}
if ! fetch model.safetensors; then
    if fetch model.safetensors.index.json; then
        sed -n 's/.*: *"\(model-[0-9]*-of-[0-9]*\.safetensors\)".*/\1/p' \
            "$dir/model.safetensors.index.json" | sort -u |
            while read -r shard; do fetch "$shard"; done
    else
        fetch pytorch_model.bin || {
            echo "get-model: $name has no weights that latent reads" >&2
            exit 1
        }
    fi
fi
words=0
for file in tokenizer.json vocab.txt vocab.json merges.txt spiece.model \
    sentencepiece.bpe.model; do
    if fetch "$file"; then words=1; fi
done
for file in tokenizer_config.json special_tokens_map.json; do
    fetch "$file" || true
done
[ $words -eq 1 ] || echo "get-model: $name has no tokenizer files" >&2

cd "$dir"
if [ -s SHA256SUMS ]; then
    sha256sum --check --quiet SHA256SUMS || {
        echo "get-model: not the files that SHA256SUMS names" >&2
        exit 1
    }
else
    # shellcheck disable=SC2035
    sha256sum *.json *.safetensors *.bin *.txt *.model 2>/dev/null \
        >SHA256SUMS || true
fi
# OWNER/NAME  FILE  SHA-256
known() {
    cat <<K
sentence-transformers/all-MiniLM-L6-v2 model.safetensors 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
K
}
known | while read -r owner file hash; do
    if [ "$owner" = "$name" ] && [ -f "$file" ]; then
        echo "$hash  $file" | sha256sum --check --quiet || {
            echo "get-model: $file is not the published one" >&2
            exit 1
        }
        echo "$file: as published"
    fi
done

#!/usr/bin/env python3
"""Does llama.cpp read the GGUF files that `latent convert` writes?

    tests/oracle/llama_cpp.py LATENT FOLDER [TYPE...]

Converts the hub folder FOLDER to each TYPE (f32 f16 bf16 q8_0; default f32
and f16), loads the file in llama.cpp, and compares token ids and the last
hidden states (no pooling, no normalisation) with ours from the same file.
Needs numpy and the package xllamacpp, which holds a build of llama.cpp;
prints "skipped" without them.  The folder may be made by
../shared/models/get-minilm-base.sh.

Bound: cosine above 0.9999 for every token.  llama.cpp looks GELU up in a
table of half-precision values, so about 1e-3 of a state's norm is its own.
For q8_0 it also rounds the activations to 8 bits, where we keep them in
float32: 0.998.
"""
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

LEAST = {"q8_0": 0.998}
USUAL = 0.9999
TEXTS = [
    "a gripping film , never dull ; the acting is unbelievable",
    "It wasn't bad - just 2 hours 15 minutes too long.",
    "Caf\u00e9s na\u00efvely re-opened in \u6771\u4eac!",
    "film",
]


def serve(xllamacpp, path):
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.\
        LLAMA_POOLING_TYPE_NONE
    params.embd_normalize = -1
    params.warmup = False
    params.n_parallel = 1
    params.n_ctx = params.n_batch = params.n_ubatch = 512
    return xllamacpp.Server(params)


def ask(server, path, question):
    request = urllib.request.Request(
        server.listening_address + path, json.dumps(question).encode(),
        {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def compare(numpy, server, latent, path, work):
    """Least cosine over all tokens, and texts with other ids."""
    least, other = 1.0, 0
    for text in TEXTS:
        theirs = ask(server, "/tokenize",
                     {"content": text, "add_special": True})["tokens"]
        ours = json.loads(subprocess.run(
            [latent, "tokenize", "--jsonl", path], check=True,
            input=json.dumps(text), capture_output=True, text=True).stdout)
        ours = [triple[0] for triple in ours]
        other += ours != theirs
        rows = ask(server, "/embedding",
                   {"content": ours, "embd_normalize": -1})[0]["embedding"]
        ids = os.path.join(work, "ids.jsonl")
        states = os.path.join(work, "states.npy")
        with open(ids, "w") as out:
            out.write(json.dumps({"input_ids": ours}) + "\n")
        subprocess.run([latent, "extract", "-q", path, "--ids", ids, "-o",
                        states], check=True)
        a = numpy.load(states)[-1].astype(numpy.float64)
        b = numpy.array(rows, dtype=numpy.float64)
        if a.shape != b.shape:
            raise SystemExit("%r: shapes %s and %s" % (text, a.shape,
                                                       b.shape))
        cosine = (a * b).sum(1) / numpy.linalg.norm(a, axis=1) \
            / numpy.linalg.norm(b, axis=1)
        least = min(least, float(cosine.min()))
    return least, other


def main(latent, folder, types):
    try:
        import numpy
        import xllamacpp
    except ImportError as missing:
        print("llama_cpp: skipped:", missing)
        return 0
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        for kind in types:
            path = os.path.join(work, kind + ".gguf")
            subprocess.run([latent, "convert", folder, "--dtype", kind,
                            "-q", "-o", path], check=True)
            server = serve(xllamacpp, path)
            least, other = compare(numpy, server, latent, path, work)
            del server
            print("%s: least cosine %.7f, %d of %d texts with other ids"
                  % (kind, least, other, len(TEXTS)))
            failed += least <= LEAST.get(kind, USUAL) or other != 0
    print("llama_cpp: %d passed, %d failed" % (len(types) - failed, failed))
    return failed != 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2],
                  sys.argv[3:] or ["f32", "f16"]))

#!/usr/bin/env python3
"""Are GGUF files that llama.cpp's own converter makes read by us?

    tests/oracle/llama_convert.py LATENT CONVERTER TEXT FOLDER...

CONVERTER is convert_hf_to_gguf.py of a copy of llama.cpp (the source package
of llama-cpp-python holds one, in vendor/), which needs torch, transformers
and gguf.  Each hub FOLDER is converted by it to f32; words and hidden states
of all layers of TEXT must be the same bytes from the folder and from the file.
"""
import filecmp
import os
import subprocess
import sys
import tempfile


def states(latent, model, text, to):
    subprocess.run([latent, "extract", model, "--data", text, "-o", to,
                    "--min", "1", "--quiet"], check=True)
    return sorted(os.listdir(to))


def main(latent, converter, text, folders):
    failed = 0
    for folder in folders:
        with tempfile.TemporaryDirectory() as work:
            file = os.path.join(work, "theirs.gguf")
            done = subprocess.run(
                [sys.executable, converter, folder, "--outtype", "f32",
                 "--outfile", file], capture_output=True, text=True)
            if done.returncode != 0:
                print("llama_convert: skipped:", folder, "is not converted:",
                      (done.stderr.splitlines() or [""])[-1])
                continue
            ours = os.path.join(work, "ours")
            theirs = os.path.join(work, "theirs")
            names = states(latent, folder, text, ours)
            same = names == states(latent, file, text, theirs) and all(
                filecmp.cmp(os.path.join(ours, name),
                            os.path.join(theirs, name), shallow=False)
                for name in names)
            failed += not same
            print(f"{folder}: {len(names)} files", "are the same" if same
                  else "DIFFER")
    print("llama_convert:", "FAILED" if failed else "ok")
    return failed != 0


if len(sys.argv) < 5:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:4], sys.argv[4:]))

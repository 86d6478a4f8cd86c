#!/usr/bin/env python3
"""forward.py LATENT [options] - our forward pass beside PyTorch, ONNX Runtime
and llama.cpp, whichever are installed, on the same work in alternation.

PyTorch and ONNX Runtime get batches of 32 sentences padded to the longest; only
real tokens are counted.  "cpu" columns divide by CPU time of all threads (times
threads), so that other programs on the machine count little; ratios are ours /
theirs of the medians.
"""
import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
SHAPES = {"bert-base": (12, 768, 12, 3072), "minilm": (6, 384, 12, 1536)}


def read_lengths(text, ordered):
    if "x" in text and not os.path.exists(text):
        count, length = text.split("x")
        return [int(length)] * int(count)
    with open(text) as file:
        lengths = [int(line) for line in file]
    return sorted(lengths) if ordered else lengths


def batches(lengths):
    """Batches of 32, over and over, in an order that spreads the lengths of
    sorted ones evenly over any number of batches."""
    parts = [lengths[i:i + 32] for i in range(0, len(lengths), 32)]
    step = round(len(parts) * 0.618) or 1
    while math.gcd(step, len(parts)) != 1:
        step += 1
    return (parts[i * step % len(parts)] for i in itertools.count())


def torch_model(shape):
    import torch
    from transformers import BertConfig, BertModel
    layers, hidden, heads, inner = SHAPES[shape]
    torch.manual_seed(1)
    return torch, BertModel(BertConfig(
        num_hidden_layers=layers, hidden_size=hidden,
        num_attention_heads=heads, intermediate_size=inner),
        add_pooling_layer=False).eval()


def padded(torch, lengths):
    ids = torch.randint(1, 30522, (len(lengths), max(lengths)))
    mask = (torch.arange(max(lengths))[None, :]
            < torch.tensor(lengths)[:, None]).long()
    return ids, mask


class Torch:
    name = "PyTorch"

    def __init__(self, shape, threads):
        self.torch, self.model = torch_model(shape)
        self.torch.set_num_threads(threads)

    def run(self, lengths):
        ids, mask = padded(self.torch, lengths)
        with self.torch.inference_mode():
            self.model(input_ids=ids, attention_mask=mask)


class Onnx:
    name = "ONNX Runtime"

    def __init__(self, shape, threads):
        import onnxruntime
        self.torch, model = torch_model(shape)

        class States(self.torch.nn.Module):  # two inputs, one output

            def __init__(self):
                super().__init__()
                self.model = model

            def forward(self, ids, mask):
                return self.model(input_ids=ids, attention_mask=mask,
                                  return_dict=False)[0]

        ids, mask = padded(self.torch, [8, 5])
        self.file = tempfile.NamedTemporaryFile(suffix=".onnx")
        axes = {0: "sentences", 1: "tokens"}
        self.torch.onnx.export(
            States(), (ids, mask), self.file.name, dynamo=False,
            input_names=["ids", "mask"], output_names=["states"],
            dynamic_axes={"ids": axes, "mask": axes, "states": axes})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            self.file.name, options, providers=["CPUExecutionProvider"])

    def run(self, lengths):
        ids, mask = padded(self.torch, lengths)
        self.session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})


class Llama:
    """Through llama-cpp-python's plain C names: whole sentences up to 512
    tokens a batch, without padding, as its own embedding program does."""
    name = "llama.cpp"
    tokens = 512

    def __init__(self, gguf, threads):
        import llama_cpp
        self.api = llama_cpp
        self.model = llama_cpp.Llama(
            gguf, embedding=True, n_ctx=self.tokens, n_batch=self.tokens,
            n_ubatch=self.tokens, n_threads=threads,
            n_threads_batch=threads, pooling_type=0, verbose=False)
        self.batch = llama_cpp.llama_batch_init(self.tokens, 0, 1)

    def flush(self):
        self.api.llama_memory_clear(
            self.api.llama_get_memory(self.model.ctx), True)
        if self.api.llama_decode(self.model.ctx, self.batch) != 0:
            raise RuntimeError("llama.cpp: could not decode")

    def run(self, lengths):
        batch, sequence = self.batch, 0
        batch.n_tokens = 0
        for length in lengths:
            if batch.n_tokens + length > self.tokens:
                self.flush()
                batch.n_tokens = sequence = 0
            for at in range(length):
                i = batch.n_tokens + at
                batch.token[i] = 1000 + i
                batch.pos[i] = at
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = sequence
                batch.logits[i] = True
            batch.n_tokens += length
            sequence += 1
        self.flush()


def ours(given, seconds):
    command = [given.latent, "bench", "forward", "--json", "--shape",
               given.shape, "--lengths", given.lengths, "--threads",
               str(given.threads), "--seconds", str(seconds)]
    if given.sorted:
        command.append("--sorted")
    text = subprocess.run(command, check=True, capture_output=True).stdout
    return json.loads(text)


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("latent")
    parse.add_argument("--shape", default="bert-base", choices=SHAPES)
    parse.add_argument("--lengths", default="32x32")
    parse.add_argument("--sorted", action="store_true")
    parse.add_argument("--threads", type=int, default=1)
    parse.add_argument("--rounds", type=int, default=3)
    parse.add_argument("--seconds", type=float, default=5)
    parse.add_argument("--gguf", help="a GGUF file of that shape, for "
                       "llama.cpp")
    given = parse.parse_args()
    peers = []
    for kind, model in ((Torch, given.shape), (Onnx, given.shape),
                        (Llama, given.gguf)):
        if model is None:
            print(f"# {kind.name}: needs --gguf")
            continue
        try:
            peers.append(kind(model, given.threads))
        except ImportError as missing:
            print(f"# {kind.name}: {missing}")
    lengths = read_lengths(given.lengths, given.sorted)
    rates = {peer.name: ([], []) for peer in peers}
    mine = []
    for peer in peers:
        peer.run(lengths[:32])
    todo = {peer.name: batches(lengths) for peer in peers}
    for _ in range(given.rounds):
        mine.append(ours(given, given.seconds / given.rounds))
        for peer in peers:
            tokens, wall, cpu = 0, time.perf_counter(), time.process_time()
            while time.perf_counter() - wall < given.seconds / given.rounds:
                batch = next(todo[peer.name])
                peer.run(batch)
                tokens += sum(batch)
            wall = time.perf_counter() - wall
            cpu = time.process_time() - cpu
            rates[peer.name][0].append(tokens / wall)
            rates[peer.name][1].append(tokens / cpu * given.threads)
    middle = lambda key: statistics.median(m[key] for m in mine)
    work = (given.shape, given.lengths.rsplit("/", 1)[-1]
            + (" sorted" if given.sorted else ""), given.threads)
    wall = middle("tokens_per_second")
    cpu = wall * middle("gflops_by_cpu_time") / middle("gflops")
    print("shape\tlengths\tthreads\tprogram\ttokens/s\tratio\tcpu tokens/s\t"
          "ratio\t% of peak (cpu)\tMB")
    print(*work, f"latent {mine[0]['level']}", f"{wall:.0f}", "", f"{cpu:.0f}",
          "", f"{middle('percent_of_peak_by_cpu_time'):.1f}",
          f"{middle('resident_megabytes'):.0f}", sep="\t")
    for name, (walls, cpus) in rates.items():
        w, c = statistics.median(walls), statistics.median(cpus)
        print(*work, name, f"{w:.0f}", f"{wall / w:.2f}", f"{c:.0f}",
              f"{cpu / c:.2f}", "", "", sep="\t")


main()

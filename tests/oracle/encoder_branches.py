"""Hidden states and logits against the reference implementation in float64,
for random models that visit every branch of the published configurations.

    python3 tests/oracle/encoder_branches.py [build/latent]

Needs torch, transformers and numpy.  Prints the largest relative error of
a token (hidden states) and of all logits; ends with status 1 when one is
above 3e-6, which no float32 encoder of three layers should reach.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers as hf

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "build/latent"
BOUND = 3e-6
SIZES = dict(vocab_size=60, hidden_size=32, num_hidden_layers=3,
             num_attention_heads=4, intermediate_size=50,
             max_position_embeddings=40)
DISTIL = dict(vocab_size=60, dim=32, n_layers=2, n_heads=4, hidden_dim=50,
              max_position_embeddings=40)
# Padding ids (1 in RoBERTa and MPNet, 0 elsewhere) stand inside on purpose.
IDS = [[3, 1, 7, 1, 1, 9, 4], [1], [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1, 0]]
TYPES = [[0, 0, 1, 1, 1, 1, 1], [1], [0] * 12]


def randomise(model):
    """Weights that matter: biases away from 0, gains away from 1."""
    with torch.no_grad():
        for tensor in model.parameters():
            if tensor.dim() == 1:
                tensor.add_(0.1 * torch.randn_like(tensor))
            else:
                tensor.mul_(8)


def reference(model, ids, types):
    states, logits = [], []
    model = model.double()
    for number, line in enumerate(ids):
        extra = {}
        if types:
            extra["token_type_ids"] = torch.tensor([types[number]])
        with torch.no_grad():
            out = model(torch.tensor([line]), output_hidden_states=True,
                        attention_mask=torch.ones(1, len(line),
                                                  dtype=torch.long), **extra)
        states.append(np.stack([h[0].numpy() for h in out.hidden_states]))
        score = getattr(out, "logits", None)
        if score is None:
            score = getattr(out, "prediction_logits", None)
        if score is not None and score.dim() > 1:
            logits.append(score[0].numpy().reshape(-1, score.shape[-1]))
    return np.concatenate(states, 1), logits


def ours(folder, ids, types, with_logits):
    path = os.path.join(folder, "ids.jsonl")
    with open(path, "w") as out:
        for number, line in enumerate(ids):
            record = {"input_ids": line}
            if types:
                record["token_type_ids"] = types[number]
            out.write(json.dumps(record) + "\n")
    array = os.path.join(folder, "h.npy")
    subprocess.run([PROGRAM, "extract", folder, "--ids", path, "-o", array],
                   check=True)
    logits = []
    if with_logits:
        text = subprocess.run([PROGRAM, "classify", folder, "--ids", path,
                               "--json"], check=True, capture_output=True,
                              text=True).stdout
        for line in text.splitlines():
            logits.append(np.atleast_2d(json.loads(line)["logits"]))
    return np.load(array), logits


def check(name, model, ids=IDS, types=None, head=True):
    randomise(model)
    with tempfile.TemporaryDirectory() as folder:
        model.eval().save_pretrained(folder)
        want, want_logits = reference(model, ids, types)
        want_logits = want_logits if head else []
        got, got_logits = ours(folder, ids, types, bool(want_logits))
    error = (np.linalg.norm(got - want, axis=-1) /
             np.linalg.norm(want, axis=-1)).max()
    worst = 0.0
    if want_logits:  # sums of terms near 1, which may cancel to nearly 0
        want_all = np.concatenate(want_logits)
        worst = (np.linalg.norm(np.concatenate(got_logits) - want_all) /
                 max(1.0, np.linalg.norm(want_all)))
    bad = error > BOUND or worst > BOUND
    print(f"{name:24} states {error:.1e}  logits {worst:.1e}"
          f"{'  TOO FAR' if bad else ''}")
    return bad


def cases():
    yield ("roberta pads", hf.RobertaForSequenceClassification(
        hf.RobertaConfig(**SIZES, type_vocab_size=1)))
    yield ("roberta pad 0, types", hf.RobertaForSequenceClassification(
        hf.RobertaConfig(**SIZES, pad_token_id=0)), IDS, TYPES)
    yield ("xlm-roberta mlm", hf.XLMRobertaForMaskedLM(hf.XLMRobertaConfig(
        **SIZES, type_vocab_size=1, hidden_act="gelu_new")))
    yield ("camembert tokens", hf.CamembertForTokenClassification(
        hf.CamembertConfig(**SIZES, type_vocab_size=1, num_labels=3)))
    yield ("mpnet pads", hf.MPNetForSequenceClassification(
        hf.MPNetConfig(**SIZES)))
    yield ("mpnet pad 5", hf.MPNetForMaskedLM(
        hf.MPNetConfig(**SIZES, pad_token_id=5)))
    yield ("mpnet 40 buckets", hf.MPNetModel(
        hf.MPNetConfig(**SIZES, relative_attention_num_buckets=40)))
    yield ("mpnet 512 tokens", hf.MPNetModel(hf.MPNetConfig(
        **{**SIZES, "max_position_embeddings": 514})),
        [[i * 7 % 50 + 3 for i in range(512)]])
    for groups, inner, layers in ((1, 2, 3), (2, 2, 5), (3, 1, 7)):
        yield (f"albert {groups} groups of {inner}",
               hf.AlbertForSequenceClassification(hf.AlbertConfig(
                   **{**SIZES, "num_hidden_layers": layers},
                   embedding_size=12, num_hidden_groups=groups,
                   inner_group_num=inner)))
    for size in (12, 32, 48):
        yield (f"albert mlm, E {size}", hf.AlbertForMaskedLM(
            hf.AlbertConfig(**SIZES, embedding_size=size)), IDS, TYPES)
        yield (f"electra mlm, E {size}", hf.ElectraForMaskedLM(
            hf.ElectraConfig(**SIZES, embedding_size=size,
                             hidden_act="relu")), IDS, TYPES)
    yield ("electra discriminator", hf.ElectraForPreTraining(
        hf.ElectraConfig(**SIZES, embedding_size=16)), IDS, None, False)
    yield ("electra sequence", hf.ElectraForSequenceClassification(
        hf.ElectraConfig(**SIZES, embedding_size=16, hidden_act="tanh")))
    for act in ("gelu", "gelu_python", "gelu_new", "gelu_fast",
                "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh",
                "relu", "silu", "swish", "tanh", "linear"):
        yield (f"bert {act}", hf.BertForMaskedLM(
            hf.BertConfig(**SIZES, hidden_act=act)))
    yield ("bert three types", hf.BertForTokenClassification(
        hf.BertConfig(**SIZES, type_vocab_size=3)), IDS,
        [[2] * 7, [1], [0, 1, 2] * 4])
    yield ("bert pretraining", hf.BertForPreTraining(
        hf.BertConfig(**SIZES)))
    yield ("bert untied", hf.BertForMaskedLM(
        hf.BertConfig(**SIZES, tie_word_embeddings=False)))
    yield ("bert eps", hf.BertModel(
        hf.BertConfig(**SIZES, layer_norm_eps=0.01)))
    for heads in (1, 32):
        yield (f"bert {heads} heads", hf.BertModel(
            hf.BertConfig(**{**SIZES, "num_attention_heads": heads})))
    yield ("distilbert sinusoids", hf.DistilBertForSequenceClassification(
        hf.DistilBertConfig(**DISTIL, sinusoidal_pos_embds=True)))
    yield ("distilbert mlm", hf.DistilBertForMaskedLM(
        hf.DistilBertConfig(**DISTIL, activation="relu")))
    yield ("distilbert untied", hf.DistilBertForMaskedLM(
        hf.DistilBertConfig(**DISTIL, tie_word_embeddings=False)))


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    hf.logging.set_verbosity_error()
    results = [check(*case) for case in cases()]
    print(f"{len(results) - sum(results)} passed, {sum(results)} failed")
    sys.exit(any(results))


if __name__ == "__main__":
    main()

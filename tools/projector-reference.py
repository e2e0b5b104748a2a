"""Makes the reference values of projectors: what the same structure gives in PyTorch, with its gradients.

    python3 -m venv ENV && ENV/bin/pip install torch==2.15.0
    ENV/bin/python tools/projector-reference.py plugins/projectors

Writes stc/testing/reference.json and resampler/testing/reference.json in that folder. Inputs and weights are sines, so that they need not be
kept: value i of the tensor with number n is offset + scale * sin(1.7 n + 0.913 i). The loss is the sum of the embeddings, each times the
cosine of its index. Computed in float64 from torch.nn's own layers.
"""

import json
import math
import sys
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


class Weights:
    """Makes variables under mienlab's names, in mienlab's layout."""

    def __init__(self):
        self.tensors = {}
        self.fills = {}

    def __call__(self, name, shape, scale=None, offset=0.0):
        number = len(self.tensors)
        scale = scale if scale is not None else 1 / math.sqrt(shape[0])
        count = math.prod(shape)
        values = offset + scale * torch.sin(1.7 * number + 0.913 * torch.arange(count))
        self.tensors[name] = values.reshape(shape).requires_grad_(True)
        self.fills[name] = [number, scale, offset]
        return self.tensors[name]

    def norm(self, name, width):
        return self(f"{name}.gain", [width], 0.1, 1.0), self(f"{name}.bias", [width], 0.1)


def layer_norm_2d(x, gain, bias):
    """Over the channels of [image, channel, height, width]."""
    return F.layer_norm(x.permute(0, 2, 3, 1), gain.shape, gain, bias, 1e-5).permute(0, 3, 1, 2)


def bottleneck(x, w, name, width, hidden):
    """RegNet-Y's bottleneck with a group for each channel, SiLU, layer norm over channels."""
    def normed(x, layer, make, groups=1, padding=0):
        out = F.conv2d(x, make(w(f"{name}.{layer}.weights", [9 if padding else x.shape[1], hidden])), groups=groups, padding=padding)
        return layer_norm_2d(out, *w.norm(f"{name}.{layer}", hidden))

    def point(weights):
        return weights.t()[:, :, None, None]

    shortcut = x
    x = F.silu(normed(x, "reduce", point))
    x = F.silu(normed(x, "spatial", lambda weights: weights.t().reshape(hidden, 1, 3, 3), hidden, 1))
    squeezed = max(1, round(width * 0.25))
    down, down_bias = w(f"{name}.squeeze.down", [hidden, squeezed]), w(f"{name}.squeeze.downBias", [squeezed], 0.1)
    up, up_bias = w(f"{name}.squeeze.up", [squeezed, hidden]), w(f"{name}.squeeze.upBias", [hidden], 0.1)
    mean = x.mean((2, 3), keepdim=True)
    gate = F.conv2d(F.silu(F.conv2d(mean, point(down), down_bias)), point(up), up_bias)
    x = normed(x * gate.sigmoid(), "expand", point)
    return F.silu(x + (normed(shortcut, "shortcut", point) if width != hidden else shortcut))


def stc(clips, time, rows, columns, width, hidden, stride, depth, mlp_depth):
    w = Weights()
    tokens = w("tokens", [clips, time, rows * columns, width], 1.0)
    x = tokens.reshape(clips * time, rows, columns, width).permute(0, 3, 1, 2)
    for i in range(depth):
        x = bottleneck(x, w, f"frames.before.{i}", width if i == 0 else hidden, hidden)
    inner = x.shape[1]
    x = x.reshape(clips, time, inner, rows, columns).transpose(1, 2)
    kernel = w("frames.shrink", [math.prod(stride) * inner, hidden])
    x = F.conv3d(x, kernel.reshape(*stride, inner, hidden).permute(4, 3, 0, 1, 2), w("frames.shrinkBias", [hidden], 0.1), stride=stride)
    x = F.silu(x)
    _, _, steps, rows, columns = x.shape
    x = x.transpose(1, 2).reshape(clips * steps, hidden, rows, columns)
    for i in range(depth):
        x = bottleneck(x, w, f"frames.after.{i}", hidden, hidden)
    x = x.permute(0, 2, 3, 1).reshape(clips, steps * rows * columns, hidden)
    for i in range(mlp_depth):
        x = F.linear(F.gelu(x) if i else x, w(f"frames.readout.{i}.weights", [hidden, hidden]).t(), w(f"frames.readout.{i}.bias", [hidden], 0.1))
    return w, x


def resampler(clips, time, patches, width, hidden, queries, over, depth, heads):
    w = Weights()
    tokens = w("tokens", [clips, time, patches, width], 1.0)
    latents = w("frames.latents", [queries, hidden], 1.0)
    media = F.linear(tokens, w("frames.inward", [width, hidden]).t(), w("frames.inwardBias", [hidden], 0.1))
    if over == "clip":
        media = (media + w("frames.places", [time, hidden], 0.5)[:, None]).reshape(clips, time * patches, hidden)
    else:
        media = media.reshape(clips * time, patches, hidden)
    x = latents.expand(media.shape[0], queries, hidden)

    def norm(x, name):
        return F.layer_norm(x, [hidden], *w.norm(name, hidden), 1e-5)

    def split(x):
        return x.reshape(*x.shape[:2], heads, hidden // heads).transpose(1, 2)

    for i in range(depth):
        name = f"frames.layers.{i}"
        seen, query = norm(media, f"{name}.mediaNorm"), norm(x, f"{name}.queryNorm")
        both = torch.cat([seen, query], 1)
        q, k, v = (F.linear(given, w(f"{name}.{part}", [hidden, hidden]).t()) for part, given in [("queries", query), ("keys", both), ("values", both)])
        attended = F.scaled_dot_product_attention(split(q), split(k), split(v)).transpose(1, 2).reshape(x.shape)
        x = x + F.linear(attended, w(f"{name}.out", [hidden, hidden]).t())
        inner = F.gelu(F.linear(norm(x, f"{name}.mlpNorm"), w(f"{name}.up", [hidden, 4 * hidden]).t()))
        x = x + F.linear(inner, w(f"{name}.down", [4 * hidden, hidden]).t())
    return w, norm(x, "frames.last").reshape(clips, -1, hidden)


def rounded(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().flatten().tolist()]


def case(make, config, clips, dims, hidden, **sizes):
    w, out = make(clips=clips, hidden=hidden, **sizes)
    (out.flatten() * torch.cos(torch.arange(out.numel()))).sum().backward()
    gradients = {name: rounded(tensor.grad) for name, tensor in w.tensors.items()}
    return {"config": config, "clips": clips, "dims": {**dims, "face-tokens": 0}, "hidden": hidden, "fills": w.fills,
            "shape": list(out.shape), "sequence": rounded(out), "gradients": gradients}


def write(folder, name, cases):
    path = Path(folder) / name / "testing" / "reference.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"torch": torch.__version__.split("+")[0], "cases": cases}) + "\n")


if __name__ == "__main__":
    folder = sys.argv[1]
    grid = {"time": 3, "frame-tokens": 12, "frame-rows": 3, "width": 4}
    write(folder, "stc", [
        case(stc, {"frame-stride": [2, 1, 2], "remainder": "drop", "depth": 2}, 2, grid, 6,
             time=3, rows=3, columns=4, width=4, stride=[2, 1, 2], depth=2, mlp_depth=2),
        case(stc, {"frame-stride": [1, 3, 2], "depth": 0, "mlp-depth": 1}, 1, grid, 6,
             time=3, rows=3, columns=4, width=4, stride=[1, 3, 2], depth=0, mlp_depth=1),
    ])
    tokens = {"time": 3, "frame-tokens": 5, "width": 4}
    write(folder, "resampler", [
        case(resampler, {"frame-queries": 2, "over": over, "depth": 2, "heads": 2}, 2, tokens, 6,
             time=3, patches=5, width=4, queries=2, over=over, depth=2, heads=2)
        for over in ["step", "clip"]
    ])

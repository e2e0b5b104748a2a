#!/usr/bin/env python3
"""Writes golden.json and golden.safetensors: what transformers computes with a causal language model or a LoRA adapter of one, for
`mienlab verify checkpoint` to be held against. The checkpoint itself is left as it is. See docs/checkpoints.md.

    python tools/export-golden.py FOLDER [--out DIR] [--gradients] [--adamw] ...

Needs torch, transformers and safetensors, for adapters peft too. Everything is computed in float32 on the CPU, with eager attention and
without dropout: a model needs four bytes a parameter, eight with --gradients, twenty with --adamw. Then everything once more in float64, for
the error that float32 has with this model (twice the memory; --no-float64 leaves it out)."""
import argparse
import json
import os
import sys
from pathlib import Path
from unittest import mock

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file

IGNORED = -100


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a checkpoint folder (config.json and safetensors), or a PEFT adapter's")
    parser.add_argument("--out", type=Path, help="write there, beside links to the checkpoint's files; default: into the folder")
    parser.add_argument("--seed", type=int, default=0, help="of the random token ids")
    parser.add_argument("--length", type=int, default=12, help="tokens of the longest row, at least 8")
    parser.add_argument("--new-tokens", type=int, default=20, help="tokens to generate greedily")
    parser.add_argument("--visual", type=int, default=5, help="visual embeddings to put in the place of one token")
    parser.add_argument("--gradients", action="store_true", help="the norm of every gradient, and --named ones whole")
    parser.add_argument("--named", nargs="*", help="weights whose gradients are written whole; default: a norm, a projection and the last norm")
    parser.add_argument("--adamw", action="store_true", help="steps of AdamW as well; implies --gradients")
    parser.add_argument("--no-float64", action="store_true", help="do not measure the error of float32")
    args = parser.parse_args()
    if args.length < 8:
        parser.error("--length: at least 8")
    return args


def batch_of(generator, vocabulary, length):
    """Three rows of different length, with labels on their second halves, one of them left out."""
    lengths = [length, max(6, length * 3 // 4), max(5, length // 2)]
    ids = [torch.randint(0, vocabulary, (n,), generator=generator).tolist() for n in lengths]
    labels = [[IGNORED] * (n // 2) + row[n // 2 :] for n, row in zip(lengths, ids)]
    labels[0][-2] = IGNORED
    pad = [length - n for n in lengths]
    right = {
        "input_ids": [row + [0] * p for row, p in zip(ids, pad)],
        "attention_mask": [[1] * n + [0] * p for n, p in zip(lengths, pad)],
        "labels": [row + [IGNORED] * p for row, p in zip(labels, pad)],
    }
    left = {
        "input_ids": [[0] * p + row for row, p in zip(ids, pad)],
        "attention_mask": [[0] * p + [1] * n for n, p in zip(lengths, pad)],
        "position_ids": [[0] * p + list(range(n)) for n, p in zip(lengths, pad)],
    }
    return right, left


def run(model, **inputs):
    """A pass that is float64 throughout where the model is: its code says torch.float32 where it wants more than half precision. Rotary angles
    stay float32."""
    if next(model.parameters()).dtype != torch.float64:
        return model(**inputs)
    with mock.patch.object(torch, "float32", torch.float64):
        return model(**inputs)


def forward(model, batch, **more):
    ids, mask = torch.tensor(batch["input_ids"]), torch.tensor(batch["attention_mask"])
    positions = torch.tensor(batch["position_ids"]) if "position_ids" in batch else torch.arange(ids.shape[1]).expand(ids.shape)
    return run(model, input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False, **more)


def loss_of(logits, labels):
    """Mean over all labelled tokens, each predicted from the token before it."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), torch.tensor(labels)[:, 1:].flatten(), ignore_index=IGNORED)


@torch.no_grad()
def greedy(model, ids, mask, count):
    """New tokens [row][count], the logits of each step, and the least distance between the best and the second best logit."""
    ids, mask = torch.tensor(ids), torch.tensor(mask)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    tokens, steps, margin, cache = [], [], float("inf"), None
    for _ in range(count):
        out = run(model, input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True)
        cache, logits = out.past_key_values, out.logits[:, -1]
        best = logits.topk(2, dim=-1).values
        margin = min(margin, (best[:, 0] - best[:, 1]).min().item())
        ids = logits.argmax(-1, keepdim=True)
        tokens.append(ids)
        steps.append(logits)
        mask = torch.cat([mask, torch.ones_like(ids)], 1)
        positions = positions[:, -1:] + 1
    return torch.cat(tokens, 1).tolist(), torch.stack(steps, 1), margin


def splice(model, generator, vocabulary, count, with_gradients, golden, tensors):
    """Visual embeddings in the place of one token of each row."""
    image = vocabulary - 1
    ids = torch.randint(0, image, (2, 9), generator=generator)
    ids[0, 2] = ids[1, 5] = image
    before = torch.tensor([[1] * 9, [1] * 7 + [0] * 2])
    embedded = model.get_input_embeddings()
    spread = embedded.weight.detach().double().std().item()
    drawn = torch.randn(2, count, embedded.weight.shape[1], generator=generator) * spread
    visual = drawn.to(embedded.weight.dtype).requires_grad_(with_gradients)
    rows, mask, labels = [], [], []
    for row, known, image_at in zip(ids, before, (2, 5)):
        put = lambda values, new: values[:image_at].tolist() + [new] * count + values[image_at + 1 :].tolist()
        text = embedded(row)
        rows.append(torch.cat([text[:image_at], visual[len(rows)], text[image_at + 1 :]]))
        mask.append(put(known, 1))
        answer = torch.where((torch.arange(9) > image_at) & (known == 1), row, IGNORED)
        labels.append(put(answer, IGNORED))
    inputs = torch.stack(rows)
    positions = torch.arange(inputs.shape[1]).expand(inputs.shape[:2])
    logits = run(model, inputs_embeds=inputs, attention_mask=torch.tensor(mask), position_ids=positions, use_cache=False).logits
    loss = loss_of(logits, labels)
    part = golden["splice"] = {"image_token_id": image, "num_visual": count, "input_ids": ids.tolist(), "attention_mask": mask, "labels": labels}
    part["loss"] = loss.item()
    tensors.update({"splice.visual": visual, "splice.inputs_embeds": inputs, "splice.logits": logits})
    if with_gradients:
        model.zero_grad(set_to_none=True)
        loss.backward()
        part["grad_visual_norm"] = norm(visual.grad)
        part["grad_embed_tokens_norm"] = norm(embedded.weight.grad)
        tensors["splice.grad_visual"] = visual.grad
        model.zero_grad(set_to_none=True)


def norm(tensor):
    """In float64: torch's float32 sum over a million squares is off by 1e-4."""
    return tensor.double().norm().item()


def gradients(model, parameters, loss):
    model.zero_grad(set_to_none=True)
    loss().backward()
    norms = {name: norm(weight.grad) for name, weight in parameters.items()}
    return norms, sum(value**2 for value in norms.values()) ** 0.5


def adamw(model, parameters, loss, rates, on_step=lambda step: None):
    """Steps of AdamW with decay on all weights and clipping at 1; the weights are put back."""
    kept = {name: weight.detach().clone() for name, weight in parameters.items()}
    optimiser = torch.optim.AdamW(parameters.values(), lr=rates[0], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, norms = [], []
    for step, rate in enumerate(rates):
        optimiser.param_groups[0]["lr"] = rate
        model.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        losses.append(value.item())
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0).item())
        optimiser.step()
        on_step(step + 1)
    with torch.no_grad():
        losses.append(loss().item())
        for name, weight in parameters.items():
            weight.copy_(kept[name])
    model.zero_grad(set_to_none=True)
    return losses, norms


def tuning(model, parameters, loss, named, golden, tensors):
    def keep(step):
        if step in (1, 5):
            for name in named:
                tensors[f"adamw{step}.{name}"] = parameters[name].detach().clone()

    losses, norms = adamw(model, parameters, loss, [1e-3] * 5, keep)
    settings = {"lr_value": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "clip_global_norm": 1.0}
    form = lambda rates: {"loss_before_step": losses[:-1], "grad_norm_before_clip": norms, "lr": rates, "loss_after_last": losses[-1]}
    golden["adamw_constant_lr"] = {**form([1e-3] * 5), **settings}
    schedule = lambda s: s / 2 if s < 2 else 0.5 * (1 + torch.cos(torch.tensor(torch.pi * (s - 2) / 6, dtype=torch.float64)).item())
    rates = [5e-3 * schedule(s) for s in range(8)]
    losses, norms = adamw(model, parameters, loss, rates)
    golden["adamw_cosine_warmup"] = {**form(rates), "lr_value": 5e-3, "num_warmup_steps": 2, "num_training_steps": 8}


def load(folder):
    kind = {"dtype" if transformers.__version__ >= "5" else "torch_dtype": torch.float32}
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", trust_remote_code=False, **kind)
    return model.eval()


def of_model(args, model):
    generator = torch.Generator().manual_seed(args.seed)
    vocabulary = model.config.vocab_size
    right, left = batch_of(generator, vocabulary, args.length)
    golden = {"class": type(model).__name__, "seed": args.seed, "torch": torch.__version__, "transformers": transformers.__version__}
    golden.update(right, left_padded=left)
    tensors = {}
    with torch.no_grad():
        out = forward(model, right, output_hidden_states=True)
        golden["loss"] = loss_of(out.logits, right["labels"]).item()
        tensors.update({"logits": out.logits, "hidden_after_layer_1": out.hidden_states[1], "final_hidden_normed": out.hidden_states[-1]})
        tensors["logits_left_padded"] = forward(model, left).logits
    prompt = torch.randint(0, vocabulary, (1, 7), generator=generator).tolist()
    tokens, steps, margin = greedy(model, prompt, [[1] * 7], args.new_tokens)
    golden["generate"] = {"prompt": prompt, "new_tokens": tokens[0], "min_top1_top2_margin": margin}
    tensors["generate.step_logits"] = steps[0]
    tokens, _, margin = greedy(model, left["input_ids"], left["attention_mask"], args.new_tokens)
    golden["generate_left_padded_batch"] = {"new_tokens": tokens, "min_top1_top2_margin": margin}
    model.requires_grad_(args.gradients)
    splice(model, generator, vocabulary, args.visual, args.gradients, golden, tensors)
    if args.gradients:
        parameters = dict(model.named_parameters())
        loss = lambda: loss_of(forward(model, right).logits, right["labels"])
        golden["grad_norms"], golden["grad_norm_total"] = gradients(model, parameters, loss)
        last = model.config.num_hidden_layers - 1
        named = args.named or ["model.layers.0.self_attn.q_proj.weight", f"model.layers.{last}.input_layernorm.weight", "model.norm.weight"]
        unknown = [name for name in named if name not in parameters]
        if unknown:
            sys.exit(f"{args.folder}: there is no weight {', '.join(unknown)}")
        golden["named"] = named
        tensors.update({f"grad.{name}": parameters[name].grad.clone() for name in named})
        if args.adamw:
            tuning(model, parameters, loss, named, golden, tensors)
    return golden, tensors


def of_adapter(args, base_model, folder):
    import peft

    base = json.loads((args.folder / "adapter_config.json").read_text())["base_model_name_or_path"]
    right = json.loads((folder / "golden.json").read_text())
    tensors = {}
    with torch.no_grad():
        tensors["logits_base"] = forward(base_model, right).logits
    model = peft.PeftModel.from_pretrained(base_model, args.folder, is_trainable=True, autocast_adapter_dtype=False).eval()
    model.to(next(base_model.parameters()).dtype)
    loss = lambda: loss_of(forward(model, right).logits, right["labels"])
    with torch.no_grad():
        tensors["logits_lora"] = forward(model, right).logits
    golden = {"base": base, "loss": loss().item(), "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    short = lambda name: name.removeprefix("base_model.model.").replace(".default.", ".")
    parameters = {short(name): weight for name, weight in model.named_parameters() if weight.requires_grad}
    if args.gradients:
        golden["grad_norms"], _ = gradients(model, parameters, loss)
        tensors.update({f"grad.{name}": weight.grad.clone() for name, weight in parameters.items()})
    if args.adamw:
        keep = lambda step: step == 1 and tensors.update({f"adamw1.{name}": weight.detach().clone() for name, weight in parameters.items()})
        golden["adamw_losses_before_step_1_5_and_after"], golden["grad_norm_before_clip"] = adamw(model, parameters, loss, [1e-3] * 5, keep)
    modules = {name.split(".lora_")[0] for name in parameters}
    merged = model.merge_and_unload()
    weights = dict(merged.named_parameters())
    with torch.no_grad():
        tensors["logits_merged"] = forward(merged, right).logits
    if args.gradients:
        tensors.update({f"merged.{name}.weight": weights[f"{name}.weight"] for name in sorted(modules)})
    return golden, tensors


def base_of(adapter):
    """The folder of an adapter's base: beside it, or where the path leads from here."""
    base = json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"]
    folder = next((path for path in (adapter / base, Path(base)) if path.is_dir()), None)
    if folder is None or not (folder / "golden.json").exists():
        sys.exit(f"{adapter}: its base {base} has no golden.json: run this on the base first")
    return folder


def far(rough, exact, mask=None):
    """The largest absolute difference, and the largest exact value, where the mask is 1."""
    if mask is not None:
        known = torch.tensor(mask).bool()
        rough, exact = rough[known], exact[known]
    return (rough.double() - exact.double()).abs().max().item(), exact.abs().max().item()


def float32_error(golden, tensors, golden64, tensors64):
    """How far float32 is from float64, by the names that `mienlab verify` has for its comparisons: relative for gradients and norms, else absolute."""
    error = {}
    masks = {"logits_left_padded": golden.get("left_padded", {}).get("attention_mask"), "splice.logits": golden.get("splice", {}).get("attention_mask")}
    for name, tensor in tensors.items():
        if name == "generate.step_logits" and golden["generate"]["new_tokens"] != golden64["generate"]["new_tokens"]:
            continue
        usual = golden.get("attention_mask") if name.startswith(("logits", "hidden", "final")) else None
        absolute, size = far(tensor, tensors64[name], masks.get(name) or usual)
        error[name] = absolute / (size or 1) if "grad" in name else absolute

    def scalars(of, prefix=""):
        """Every number or list of numbers that is compared, by the comparison's name."""
        for key, value in of.items():
            if key in ("loss", "grad_norm_total", "grad_visual_norm", "grad_embed_tokens_norm", "grad_norm_before_clip"):
                yield prefix + key, value
            elif key == "loss_before_step":
                yield f"{prefix}losses", [*value, of["loss_after_last"]]
            elif key == "adamw_losses_before_step_1_5_and_after":
                yield "adamw_losses", value
            elif key == "grad_norms":
                yield from ((f"grad_norms.{name}", number) for name, number in value.items())
            elif isinstance(value, dict):
                yield from scalars(value, f"{prefix}{key}.")

    exact = dict(scalars(golden64))
    for name, value in scalars(golden):
        absolute, size = far(torch.tensor(value).flatten(), torch.tensor(exact[name], dtype=torch.float64).flatten())
        error[name] = absolute / (size or 1) if "grad" in name else absolute
    return error


def write(folder, golden, tensors):
    """Beside first, then renamed: what is there is whole."""
    stored = {name: tensor.detach().float().contiguous().clone() for name, tensor in tensors.items()}
    save_file(stored, folder / "golden.safetensors.part")
    (folder / "golden.json.part").write_text(json.dumps(golden))
    for name in ("golden.safetensors", "golden.json"):
        os.replace(folder / f"{name}.part", folder / name)


def main():
    args = parse()
    args.gradients |= args.adamw
    torch.manual_seed(args.seed)
    adapter = (args.folder / "adapter_config.json").exists()
    if not adapter and not (args.folder / "config.json").exists():
        sys.exit(f"{args.folder}: there is neither config.json nor adapter_config.json")
    folder = base_of(args.folder) if adapter else args.folder

    def compute(model):
        golden, tensors = of_adapter(args, model, folder) if adapter else of_model(args, model)
        return golden, {name: tensor.detach().clone() for name, tensor in tensors.items()}

    golden, tensors = compute(load(folder))
    if not args.no_float64:
        exact = compute(load(folder).double())
        golden["float32_error"] = float32_error(golden, tensors, *exact)
        print(f"float32 is off by {golden['float32_error'].get('logits', golden['float32_error'].get('logits_lora')):.1e} in the logits")
    margins = [golden[key]["min_top1_top2_margin"] for key in ("generate", "generate_left_padded_batch") if key in golden]
    if margins and min(margins) < 1e-3:
        print(f"the two best tokens of a step are {min(margins):.1e} apart: where rounding is not far below that, generation may part")
    out = args.out or args.folder
    if args.out:
        out.mkdir(parents=True, exist_ok=True)
        for file in args.folder.iterdir():
            if file.is_file() and not file.name.startswith("golden.") and not (out / file.name).exists():
                (out / file.name).symlink_to(file.resolve())
    write(out, golden, tensors)
    print(f"{out}: {len(tensors)} tensors, {sum(t.numel() for t in tensors.values()) * 4 / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

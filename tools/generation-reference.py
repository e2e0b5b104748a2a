"""Makes tests/data/generation-reference.json: what transformers answers for logits processors, and for greedy and beam search over a table.

    python3 -m venv ENV && ENV/bin/pip install torch==2.15.0 transformers==5.23.0
    ENV/bin/python tools/generation-reference.py tests/data/generation-reference.json

The model's logits of the next token are first[last token] + second[the one before] + third[its place mod 12], in parts of 1024: exact in float32, and without ties.
"""

import json
import sys

import torch
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.generation.logits_process import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)
from transformers.modeling_outputs import CausalLMOutput

VOCABULARY = 12
# Fills up what has ended; never chosen.
PAD = 11


class TableConfig(PretrainedConfig):
    model_type = "table"


class TableModel(PreTrainedModel, GenerationMixin):
    config_class = TableConfig

    def __init__(self, first, second, third):
        super().__init__(TableConfig(vocab_size=VOCABULARY))
        self.first = torch.nn.Parameter(first)
        self.second = torch.nn.Parameter(second)
        self.third = torch.nn.Parameter(third)

    def forward(self, input_ids, attention_mask=None, **kwargs):
        before = torch.cat([input_ids[:, :1], input_ids[:, :-1]], dim=1)
        places = torch.arange(1, input_ids.shape[1] + 1) % VOCABULARY
        return CausalLMOutput(logits=self.first[input_ids] + self.second[before] + self.third[places])

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}


def processed(generator):
    cases = []
    for options in [
        {},
        {"temperature": 0.7},
        {"temperature": 1.9},
        {"top_k": 4},
        {"top_p": 0.8},
        {"top_p": 0.05},
        {"repetition_penalty": 1.3},
        {"repetition_penalty": 0.6},
        {"repetition_penalty": 1.2, "temperature": 0.5, "top_k": 8, "top_p": 0.9},
        {"repetition_penalty": 1.7, "temperature": 3.0, "top_k": 15, "top_p": 0.55},
    ]:
        # Equal logits for top-k alone, which keeps all of them; which of equals top-p drops is not said.
        logits = torch.randint(-5120, 5120, (1, 24), generator=generator) / 1024
        if list(options) == ["top_k"]:
            logits = logits.round()
        seen = torch.randint(0, 24, (1, 9), generator=generator)
        chain = LogitsProcessorList()
        if "repetition_penalty" in options:
            chain.append(RepetitionPenaltyLogitsProcessor(options["repetition_penalty"]))
        if "temperature" in options:
            chain.append(TemperatureLogitsWarper(options["temperature"]))
        if "top_k" in options:
            chain.append(TopKLogitsWarper(options["top_k"]))
        if "top_p" in options:
            chain.append(TopPLogitsWarper(options["top_p"]))
        probabilities = chain(seen, logits.clone()).softmax(-1)
        cases.append(
            {
                "options": options,
                "logits": logits[0].tolist(),
                "seen": seen[0].tolist(),
                "probabilities": [round(value, 7) for value in probabilities[0].tolist()],
            }
        )
    return cases


def searched(model):
    cases = []
    for prompts in [[[1, 2], [7, 4]], [[3], [3], [8]], [[5, 5, 5]]]:
        for beams in [1, 2, 3, 5]:
            for penalty in [1.0] if beams == 1 else [0.0, 1.0, 2.0, -1.0]:
                for ends, repetition, most in [([10], 1.0, 9), ([9, 10], 1.0, 6), ([10], 1.4, 12), ([6], 1.0, 1), ([0, 6, 9], 1.2, 20)]:
                    config = GenerationConfig(
                        max_new_tokens=most,
                        num_beams=beams,
                        length_penalty=penalty,
                        early_stopping=False,
                        repetition_penalty=repetition,
                        do_sample=False,
                        eos_token_id=ends,
                        pad_token_id=PAD,
                        use_cache=False,
                        return_dict_in_generate=True,
                        output_scores=True,
                    )
                    output = model.generate(torch.tensor(prompts), generation_config=config)
                    ids = [[id for id in row[len(prompts[0]) :] if id != PAD] for row in output.sequences.tolist()]
                    case = {"prompts": prompts, "beams": beams, "lengthPenalty": penalty, "ends": ends, "repetitionPenalty": repetition}
                    case |= {"most": most, "ids": ids}
                    if beams > 1:
                        case["scores"] = [round(value, 5) for value in output.sequences_scores.tolist()]
                    cases.append(case)
    return cases


def main(target):
    generator = torch.Generator().manual_seed(4)
    tables = [torch.randint(-2560, 2560, (VOCABULARY, VOCABULARY), generator=generator) for _ in range(3)]
    for table in tables:
        table[:, PAD] = -512000
    model = TableModel(*(table / 1024 for table in tables)).eval()
    reference = {
        "made_with": f"torch {torch.__version__}, transformers {__import__('transformers').__version__}",
        "first": tables[0].tolist(),
        "second": tables[1].tolist(),
        "third": tables[2].tolist(),
        "processed": processed(generator),
        "searched": searched(model),
    }
    with open(target, "w") as file:
        lines = [f'  "{key}": {json.dumps(value)}' for key, value in reference.items() if key not in ("processed", "searched")]
        for key in ("processed", "searched"):
            lines.append(f'  "{key}": [\n    ' + ",\n    ".join(json.dumps(case) for case in reference[key]) + "\n  ]")
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


main(sys.argv[1])

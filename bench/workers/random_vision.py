"""Writes a vision tower with seeded random weights as a Hugging Face folder: python random_vision.py FOLDER FAMILY CONFIG-AS-JSON"""

import json
import sys

import torch
import transformers

folder, family, config = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
names = {"siglip": "SiglipVision", "clip": "CLIPVision"}
torch.manual_seed(1)
made = getattr(transformers, names[family] + "Config")(**config)
model = getattr(transformers, names[family] + "Model")(made)
# Biases and norms start as constants: drawn, they count in what the two sides are compared by.
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            parameter.add_(0.05 * torch.randn_like(parameter))
model.save_pretrained(folder)

"""Makes tests/data/hydra-reference.json: what Hydra itself answers to the commands that are listed in it.

    python3 -m venv ENV && ENV/bin/pip install hydra-core==1.3.8
    ENV/bin/python tools/hydra-reference.py tests/data/hydra-reference.json

Reads the file's `files` and each case's `name`, `overrides`, `multirun` and `env`, and writes the answers anew: `config`, `unresolved` and
`choices`, `jobs`, or `error: true`. Where a case has overrides, only the top-level keys that differ from the same config without any are
written, and `gone` for those that are not there; `unresolved` only where it differs from `config`. VARIABLE is unset unless a case sets
it. Infinity is written as 1e999, not-a-number as null.
"""

import json
import math
import os
import re
import sys
import tempfile
import warnings

from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

warnings.simplefilter("ignore")
MARK = "\x01"


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return MARK + ("1e999" if value > 0 else "-1e999")
    return value


def changes(base, now):
    changed = {key: value for key, value in now.items() if key not in base or base[key] != value}
    gone = [key for key in base if key not in now]
    return {**changed, **({"gone": gone} if gone else {})}


def composed(name, overrides):
    config = compose(name, overrides=overrides, return_hydra_config=True)
    choices = {key: value for key, value in config.hydra.runtime.choices.items() if not key.startswith("hydra/")}
    with open_dict(config):
        del config["hydra"]
    unresolved = OmegaConf.to_container(config, resolve=False)
    resolved = OmegaConf.to_container(config, resolve=True)
    return {"config": plain(resolved), "unresolved": plain(unresolved), "choices": choices}


def shortened(case, bases):
    if not case["overrides"] or case["name"] not in bases:
        return case
    base = bases[case["name"]]
    for key in ("config", "unresolved", "choices"):
        case[key] = changes(base[key], case[key])
    if case["unresolved"] == case["config"]:
        del case["unresolved"]
    return case


def answer(case):
    overrides = case["overrides"]
    if not case.get("multirun"):
        return composed(case["name"], overrides)
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    jobs = BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)[0]
    for job in jobs:
        composed(case["name"], list(job))
    return {"jobs": [list(job) for job in jobs]}


def main(path):
    with open(path, encoding="utf-8") as file:
        reference = json.load(file)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in reference["files"].items():
            target = os.path.join(folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)
        cases, bases = [], {}
        for case in reference["cases"]:
            case = {key: case[key] for key in ("name", "overrides", "multirun", "env") if case.get(key)}
            case.setdefault("overrides", [])
            os.environ.pop("VARIABLE", None)
            os.environ.update(case.get("env", {}))
            GlobalHydra.instance().clear()
            with initialize_config_dir(folder, version_base="1.3"):
                try:
                    case.update(answer(case))
                    if "config" in case:
                        if not case["overrides"]:
                            bases[case["name"]] = case
                        case = shortened(case, bases)
                except Exception:
                    case["error"] = True
            cases.append(case)
    lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
    lines = re.sub(r'"\\u0001(-?1e999)"', r"\1", lines)
    files = json.dumps(reference["files"], indent=1, ensure_ascii=False)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{"made_with": "hydra-core 1.3.8, omegaconf 2.3.1",\n"files": {files},\n"cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases,", sum(1 for case in cases if case.get("error")), "errors")


main(sys.argv[1])

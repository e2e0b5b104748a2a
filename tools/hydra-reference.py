"""Makes tests/data/hydra-reference.json: what Hydra itself makes of a small tree of configs and many overrides.

    python3 -m venv VENV && VENV/bin/pip install hydra-core==1.3.8 omegaconf==2.3.1
    VENV/bin/python tools/hydra-reference.py

A case keeps only the top-level keys in which it differs from the same config without overrides; "gone" are those that are no longer there.
"""
import json
import os
import tempfile
import warnings

import hydra
import omegaconf
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

HERE = os.path.dirname(os.path.abspath(__file__))

FILES = {
    "config.yaml": """defaults:
  - encoder: vit
  - tracker: iou
  - tracker@eval.tracker: sort
  - scores: [cider, rouge]
  - optional local: mine
  - schedule: null
  - head: ${encoder}_head
  - _self_
seed: 7
name: ${encoder.name}-${seed}
home: ${oc.env:HOME_X,nowhere}
half: ${train.batch}
train: {epochs: 3, rate: 1e-3, batch: 8, optim: {type: adamw, rate: "${train.rate}", betas: [0.9, 0.999]}}
a: {b: [0, 1, 2], c: text, d: {e: 1.5, f: null}}
""",
    "required.yaml": "defaults:\n  - encoder: ???\n  - _self_\nmust: ???\nplain: 1\n",
    "before.yaml": "defaults:\n  - _self_\n  - tracker: sort\ntracker: {kind: mine, own: 1}\n",
    "scalars.yaml": """words: [yes, No, ON, off, y, n, true, ~, null, Null, nULL, TRUE, tRUE]
whole: [1, -1, +1, 017, 08, 0x1F, 0b101, 1_000, 1:30, -1:30, 12:30:45, 0o17, 00, 1__0]
real: [1.0, .5, -.5, 1., 1e3, 1e-1, 1E5, 1.5e+3, .5e5, 1:30.5, .inf, -.INF, 0.1_2, 1e+5]
text: [1.2.3, 0xG, e5, 1e, _1, 2020-01-01, "1e-1", '5', a:b, 12e03x, 1-2]
? 5
: five
true: yes
1.5: x
merged: {<<: &base {x: 1, y: 2}, y: 3}
again: *base
block: |
  two
  lines
folded: >-
  one
  line
tagged: [!!str 5, !!int "5", !!float 5, !!bool yes, !!null ""]
""",
    "text.yaml": """v: {one: "${w}", two: "${.one} and ${..w}", three: "\\\\${w}", four: "a\\\\${w}", list: ["${w}", "${..one}", "${.0}"]}
w: 2.0
number: x${w}
none: x${n}
n: null
yes: x${t}
t: true
made: '${oc.create:"{a: [1, x], b: ${w}}"}'
decoded: "${oc.decode:'[1, 2.5, null, q, {k: v}]'}"
keys: ${oc.dict.keys:v}
values: ${oc.dict.values:.plain}
plain: {p: 1, q: "${w}"}
picked: ${oc.select:nothing,${w}}
deep: ${plain.${letter}}
letter: p
bracket: ${plain[q]}
spaced: ${ w }
holds: x${plain}
""",
    "cycle.yaml": "a: ${b}\nb: ${a}\n",
    "inside.yaml": "a: {b: '${a}'}\n",
    "twice.yaml": "defaults:\n  - tracker: iou\n  - tracker: sort\n",
    "selves.yaml": "defaults: [_self_, _self_]\n",
    "loop.yaml": "defaults: [/part/loop]\n",
    "absolute.yaml": "defaults:\n  - /part/one@here\n  - part/two\n  - _self_\n",
    "packages.yaml": "defaults:\n  - tracker@_global_: iou\n  - tracker@p.q: sort\n  - part@_here_: two\n  - part/deeper@_global_.z: leaf\n  - _self_\n",
    "late.yaml": "defaults:\n  - encoder: changer\n  - tracker: iou\n",
    "early.yaml": "defaults:\n  - tracker: iou\n  - encoder: changer\n",
    "encoder/base.yaml": "name: base\nwidth: 16\ndepth: 2\n",
    "encoder/vit.yaml": "defaults: [base, _self_]\nname: vit\nratio: ${.width}\n",
    "encoder/big.yaml": "defaults:\n  - vit\n  - optim@inner: sgd\n  - /optim@outer: adamw\nname: big\nwidth: 64\nvision: {width: 9}\n",
    "encoder/changer.yaml": "defaults:\n  - base\n  - override /tracker@_global_.tracker: sort\nname: changer\n",
    "encoder/wrong.yaml": "defaults:\n  - base\n  - override /tracker: sort\nname: wrong\n",
    "encoder/optim/sgd.yaml": "type: own-sgd\n",
    "optim/adamw.yaml": "type: adamw\n",
    "optim/sgd.yaml": "type: sgd\nmomentum: 0.9\n",
    "tracker/iou.yaml": "kind: iou\nthreshold: 0.3\n",
    "tracker/sort.yaml": "kind: sort\nage: 3\n",
    "tracker/deep.yaml": "defaults: [iou]\nkind: deep\n",
    "scores/cider.yaml": "cider: {n: 4}\norder: [cider]\n",
    "scores/rouge.yaml": "rouge: {beta: 1.2}\norder: [rouge]\n",
    "scores/bleu.yaml": "bleu: {n: 4}\norder: [bleu]\n",
    "schedule/linear.yaml": "# @package train.schedule\nwarm: 5\n",
    "schedule/cosine.yaml": "# @package _global_\ntrain: {schedule: {warm: 9}}\n",
    "head/vit_head.yaml": "size: 8\n",
    "head/big_head.yaml": "size: 32\n",
    "experiment/one.yaml": "# @package _global_\ndefaults:\n  - override /encoder: big\n  - override /tracker: deep\nname: one\na: {d: {g: new}}\n",
    "experiment/two.yaml": "# @package _global_\ndefaults:\n  - override /scores: [bleu]\n  - override /tracker@eval.tracker: iou\ntrain: {epochs: 9}\n",
    "experiment/bad.yaml": "# @package _global_\ndefaults:\n  - override /nothing: x\n",
    "part/one.yaml": "# @package _group_\nx: 1\n",
    "part/two.yaml": "defaults:\n  - deeper: leaf\n  - deeper@_group_.w: leaf\ny: 2\n",
    "part/loop.yaml": "defaults: [back]\n",
    "part/back.yaml": "defaults: [loop]\n",
    "part/deeper/leaf.yaml": "l: ${oc.select:..y,none}\n",
}

# Commands by line: overrides between " | ".
ONE = r"""
a.c=
a.c='x
a.c=a'b'
a.c='it\'s'
a.c="a\\"
a.c=a\ b
a.c=a\,b
a.c=a=b
a.c=http://x.y/z?q
a.c=x#y
a.c=$x
a.c=${seed}
a.c='${seed} of ${a.b}'
a.c='\${seed}'
a.c='\\${seed}'
a.c=1_000
a.c=007
a.c=0x10
a.c=1e5
a.c=.5
a.c=+5
a.c=nan
a.c=-inf
a.c=tRue
a.c=NULL
a.c=yes
a.c=???
a.c=12345678901234567890
a.c=[]
a.c={}
a.c=[1,]
a.c=[1, [2, 3], {a: b}]
a.c={a:1,a:2}
a.c={null: 1}
a.c={"a": 1}
a.c={a b: c d}
a.c={a: b: c}
a.c=[a b,c  d]
a.c=int(3.7)
a.c=int("12")
a.c=int(x)
a.c=int([1.5,2.5])
a.c=float("1e3")
a.c=float("0x10")
a.c=str(1e-5)
a.c=str([1,true])
a.c=bool(0.0)
a.c=bool("TRUE")
a.c=bool(what)
a.c=int(3,value=3)
a.c=foo(3)
a.c=sort([3,1,2])
a.c=sort([3,1,2],reverse=true)
a.c=sort([b,1])
a.c=[choice(1,2)]
a.c=interval(0,1)
a.c=range(1,3)
a.c=1,2
a.c=glob(*)
a.c.x=1
a.b.0=5
a.b.3=5
a.b.x=5
+a.b.3=5
+a.b=[7]
+a.c=5
++a.c=5
+a.d={e: 9, z: 1}
a.d={e: 9}
a.d={z: 9}
a.d=5
a.b={x: 1}
a.c={x: 1}
a.c=[1]
a=null
+new.x.y=1
+new.x=1 | new.x=2
++new=[1]
new=1
~a.c
~a.c=text
~a.c=other
~a.d.f
~nothing
~a.b.0
~a.b=[0,1,2]
~a.b=[0]
~train.rate=1e-3
~train.optim
~encoder
~encoder=vit
~encoder=big
~scores
~schedule
~tracker@eval.tracker
~head
~local
encoder=null
encoder=
encoder=5
encoder='big'
encoder=[big]
encoder=[base,big]
encoder=big
encoder=big | encoder.outer.type=x
encoder=big | optim@encoder.inner=adamw
encoder=big | optim@encoder.outer=sgd
encoder=big | ~optim@encoder.outer
encoder=big | encoder.vision={width: 1}
encoder={width: 3}
encoder=wrong
encoder=changer
scores=bleu
scores=[]
scores=[bleu,cider,rouge]
scores=[nothing]
scores.order=[a]
+encoder=big
++encoder=big
+optim=sgd
+optim@x.y=sgd
+optim@_global_=sgd
+optim@:=sgd
optim=sgd
foo@bar=sgd
head=big_head
head=${encoder}_head
schedule=linear
schedule=cosine
schedule=[linear,cosine]
local=other
local=null
tracker=deep
tracker@eval.tracker=deep
tracker@nothing=deep
+experiment=one
+experiment=two
+experiment=bad
experiment=one
+experiment=one | encoder=vit
+experiment=one | name=zz
+experiment=one | a.d.g=3
+experiment=[one,two]
+experiment=two | scores=[cider]
+experiment@_global_=one
half='${encoder}'
half='${nothing}'
half='${half}'
name='${half}' | half='${name}'
a.c='${.d.e}'
a.c='${..seed}'
a.c='${...seed}'
a.c='${.b.0}'
a.c='${.b[1]}'
a.c='${.b.9}'
a.c='${a[b][0]}'
a.c='${oc.env:HOME_X}'
a.c='${oc.env:HOME_X,null}'
a.c='${oc.env:HOME_X,"x y"}'
a.c='${oc.env:HOME_X,[1,2]}'
a.c='${oc.decode:"a(b"}'
a.c='${oc.select:seed,5}'
a.c='${oc.create:[1,${seed}]}'
a.c='${oc.dict.keys:seed}'
a.c='${nothing:1}'
a.c='${oc.env:}'
a.c='${seed'
a.c='${}'
a.c='x${a.d}'
a.b=['${seed}','${..c}','${.0}']
name='${train.rate}' | train.rate=1e20
name=x${train.rate} | train.rate=1e16
name=x${train.rate} | train.rate=123456789.5
name=x${train.rate} | train.rate=1e-5
name=x${train.rate} | train.rate=true
=5
a..b=5
.a=5
+1.2=5
+a-b=5
+a/b=5
a b=5
seed
~
seed=1 | seed=2
+seed.x=5
half.x=1
+half.x=1
home='${oc.env:HOME_X}'
""".strip().split("\n")

SWEEPS = r"""
seed=1,2
seed=1,2 | encoder=vit,big | +b=range(1,4)
a.c='p q',b
a.c=choice('p q','it\'s')
a.c="a\\",b
a.c=x y,z
a.c=[1,2],[3]
a.c={x: 1},{x: 2, y: [1, 'q r']}
train.rate=range(0.1,0.55,0.1)
train.rate=range(0,1,0.1)
seed=range(5)
seed=range(5,0,-2)
seed=range(start=1,stop=3)
seed=range(1,5,0)
seed=range(a,b)
seed=int(range(1.5,4.5))
seed=str(range(1,4))
seed=sort(range(5,0,-1))
seed=sort(3,1,2,reverse=true)
a.c=choice()
a.c=choice(choice(a,b))
a.c=a,choice(b,c)
a.c=1.0,1e-5,1e20,null,true,False,''
a.c=interval(0,1)
a.c=tag(a,b,choice(x,y))
tracker=glob(*)
tracker=glob([s*,d*])
tracker=glob(*,exclude=[d*,s*])
tracker=glob('[!d]*')
tracker@eval.tracker=glob(s*)
+experiment=glob(*o*)
nothing=glob(*)
~a.d | seed=1,2
a.c=a\,b,c
a.c='${seed}',x
seed=1,2 | seed=3
seed=1,2 | +x=1 | seed=3,4
seed=1,
scores=[bleu],[cider,rouge]
encoder=vit,huge
a.c=12345678901234567890,1
""".strip().split("\n")

OTHER = [
    ("required", []), ("required", ["encoder=vit"]), ("required", ["encoder=vit", "must=1"]), ("required", ["encoder=vit", "+x=${must}"]),
    ("required", ["encoder=vit", "+x=${oc.select:must,9}"]), ("required", ["encoder=vit", "~must"]), ("required", ["encoder=vit", "+must.x=1"]),
    ("before", []), ("before", ["tracker=iou"]), ("scalars", []), ("text", []), ("text", ["w=3"]), ("text", ["letter=q"]), ("text", ["letter=z"]),
    ("cycle", []), ("inside", []), ("twice", []), ("selves", []), ("loop", []), ("absolute", []), ("packages", []),
    ("packages", ["tracker@_global_=deep", "tracker@p.q=iou"]), ("packages", ["~tracker@p.q"]), ("packages", ["part/deeper@z=leaf"]),
    ("late", []), ("early", []), ("early", ["tracker=deep"]), ("nothing", []), ("encoder/big", []), ("experiment/one", []), ("config.yaml", []),
]  # fmt: skip
ENVIRONMENTS = [{"HOME_X": "/h"}, {"HOME_X": "{a: [1, 2]}"}, {"HOME_X": "???"}, {"HOME_X": ""}, {"HOME_X": "${seed}"}]
OF_ENVIRONMENT = ["a.c='${oc.env:HOME_X}'", "a.c='${oc.decode:${oc.env:HOME_X}}'", "a.c='p ${oc.env:HOME_X} s'", "a.c='${oc.env:HOME_X,d}'"]


def cases():
    yield {"name": "config", "overrides": []}
    for line in ONE:
        yield {"name": "config", "overrides": line.split(" | ")}
    for name, overrides in OTHER:
        yield {"name": name, "overrides": overrides}
    for env in ENVIRONMENTS:
        for override in OF_ENVIRONMENT:
            yield {"name": "config", "overrides": [override], "env": env}
    for line in SWEEPS:
        yield {"name": "config", "overrides": line.split(" | "), "multirun": True}


def composed(name, overrides):
    config = compose(name, overrides=overrides, return_hydra_config=True)
    choices = {key: value for key, value in config.hydra.runtime.choices.items() if not key.startswith("hydra/")}
    with open_dict(config):
        del config["hydra"]
    unresolved = OmegaConf.to_container(config, resolve=False)
    result = {"config": OmegaConf.to_container(config, resolve=True), "unresolved": unresolved, "choices": choices}
    json.dumps(result)
    return result


def jobs_of(name, overrides):
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    jobs = [list(job) for job in BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)[0]]
    for job in jobs:
        composed(name, job)
    return jobs


def changes(base, value):
    changed = {key: item for key, item in value.items() if key not in base or json.dumps(base[key]) != json.dumps(item)}
    gone = [key for key in base if key not in value]
    return {**changed, "gone": gone} if gone else changed


def main():
    results, bases = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for path, text in FILES.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as file:
                file.write(text)
        for case in cases():
            os.environ.pop("HOME_X", None)
            os.environ.update(case.get("env", {}))
            GlobalHydra.instance().clear()
            with initialize_config_dir(folder, version_base="1.3"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    if case.get("multirun"):
                        results.append({**case, "jobs": jobs_of(case["name"], case["overrides"])})
                        continue
                    result = composed(case["name"], case["overrides"])
                except Exception as error:
                    if os.environ.get("VERBOSE"):
                        print(case["name"], *case["overrides"], "->", type(error).__name__, error)
                    results.append({**case, "error": True})
                    continue
            if not case["overrides"]:
                bases[case["name"]] = result
                results.append({**case, **result})
                continue
            base = bases.get(case["name"], {"config": {}, "unresolved": {}, "choices": {}})
            short = {part: changes(base[part], result[part]) for part in ("config", "unresolved", "choices")}
            if short["unresolved"] == short["config"]:
                del short["unresolved"]
            results.append({**case, **short})
    made = f"hydra-core {hydra.__version__}, omegaconf {omegaconf.__version__}"
    # What JSON has not is written as printJson in framework/config/print-config.ts writes it.
    lines = ",\n".join(json.dumps(result) for result in results).replace("NaN", "null").replace("Infinity", "1e999")
    with open(os.path.join(HERE, "../tests/data/hydra-reference.json"), "w") as file:
        file.write(f'{{"made-with": {json.dumps(made)},\n"files": {json.dumps(FILES, indent=1)},\n"cases": [\n{lines}\n]}}\n')
    print(f"{len(results)} cases, {sum('error' in result for result in results)} of them errors")


main()

"""`recipes/`: short programs and settings that load a version's views into trainers, for those that are in it. Pure.

They are run in the version's folder. `MODEL` is whatever model is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from labeler.exports import yaml

TRL = '''"""{title}: TRL, on the view `{view}` of this version. Run it in this folder: python {file} MODEL"""

import sys

from datasets import load_dataset
from trl import {config}, {trainer}

rows = load_dataset(".", "{view}", split="train").select_columns({columns})
trainer = {trainer}(
    model=sys.argv[1],
    args={config}(output_dir="out"),
    train_dataset=rows,
)
trainer.train()
'''

PAIR = ("prompt", "chosen", "rejected")

OPENRLHF = """#!/bin/sh
# {title}: OpenRLHF, on the view `preference` of this version. Run it in this folder: sh {file} MODEL
deepspeed --module openrlhf.cli.{program} \\
  --model.model_name_or_path "$1" \\
  --data.dataset {path} \\
  --data.prompt_key prompt \\
  --data.chosen_key chosen \\
  --data.rejected_key rejected \\
  --data.apply_chat_template
"""

NEEDED_BY_AXOLOTL = {"learning_rate": "0.000005", "micro_batch_size": 1, "gradient_accumulation_steps": 8}
"""It refuses settings without a learning rate and two sizes of a batch: values to begin with, not advice. The rate is a
text, as it takes both and YAML reads 5e-6 as one anyway."""

Files = dict[str, bytes]


def texts(name: str, paths: Mapping[str, str]) -> Files:
    """The recipes by path. `name` names the dataset; `paths` has the Parquet file to train on, of each view with rows.

    No rows, no recipe: trainers stop at an empty file.
    """
    made: Files = {}
    for view, recipes in _OF_VIEW.items():
        if view in paths:
            made |= recipes(name, paths[view])
    return dict(sorted(made.items()))


def _trl(file: str, title: str, view: str, trainer: str, columns: tuple[str, ...]) -> Files:
    path = f"recipes/{file}"
    config = trainer.replace("Trainer", "Config")
    text = TRL.format(
        title=title, view=view, file=path, config=config, trainer=trainer,
        columns=orjson.dumps(columns).decode().replace(",", ", "),
    )  # fmt: skip
    return {path: text.encode()}


def _openrlhf(file: str, title: str, program: str, parquet: str) -> Files:
    path = f"recipes/{file}"
    return {path: OPENRLHF.format(title=title, file=path, program=program, path=parquet).encode()}


def _axolotl(file: str, parquet: str, more: Mapping[str, str]) -> Files:
    settings = {
        "base_model": "MODEL",
        "rl": "dpo",
        "datasets": [
            {"path": parquet, "ds_type": "parquet", "split": "train", "type": "chat_template.default", **more}
        ],
        **NEEDED_BY_AXOLOTL,
        "output_dir": "out",
    }
    head = "# DPO: Axolotl. Put your model for MODEL, and run it in this folder: axolotl train " + f"recipes/{file}\n"
    if "field_messages" in more and more["field_messages"] == "prompt":
        head += "# Of a completion of several turns it takes the last one; messages_pair has only those of one turn.\n"
    return {f"recipes/{file}": (head + "\n".join(yaml.lines(settings)) + "\n").encode()}


def _preference(name: str, parquet: str) -> Files:
    return {
        **_trl("trl_reward.py", "Reward model", "preference", "RewardTrainer", (*PAIR, "margin")),
        **_trl("trl_dpo.py", "DPO", "preference", "DPOTrainer", PAIR),
        **_openrlhf("openrlhf_reward.sh", "Reward model", "train_rm", parquet),
        **_openrlhf("openrlhf_dpo.sh", "DPO", "train_dpo", parquet),
        **_axolotl("axolotl_dpo.yaml", parquet, {"field_messages": "prompt", "field_chosen": "chosen",
                                                 "field_rejected": "rejected"}),
    }  # fmt: skip


def _messages_pair(name: str, parquet: str) -> Files:
    columns = {"messages": "messages", "chosen": "chosen", "rejected": "rejected"}
    tags = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }
    info = {
        name: {
            "file_name": f"../../{parquet}",
            "ranking": True,
            "formatting": "sharegpt",
            "columns": columns,
            "tags": tags,
        }
    }
    text = orjson.dumps(info, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    more = {"field_messages": "messages", "field_chosen": "chosen", "field_rejected": "rejected"}
    return {
        "recipes/llamafactory/dataset_info.json": text,
        **_axolotl("axolotl_messages_pair_dpo.yaml", parquet, more),
    }


def _unpaired(name: str, parquet: str) -> Files:
    return _trl("trl_kto.py", "KTO", "unpaired", "KTOTrainer", ("prompt", "completion", "label"))


_OF_VIEW: dict[str, Callable[[str, str], Files]] = {
    "preference": _preference,
    "messages_pair": _messages_pair,
    "unpaired": _unpaired,
}

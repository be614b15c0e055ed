"""What each trainer accepts of a recipe, by its documentation and its source: names, types, what is needed.

TRL 1.16: the columns of its preference and unpaired preference formats. Axolotl: the schema of its settings
(`utils/schemas`) and its strategy `dpo.chat_template`. LLaMA-Factory: `data/README.md` and its parser. OpenRLHF, since
its arguments have dots: those of `cli/train_rm.py` and `cli/train_dpo.py`.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path

import yaml

TRL = {
    "RewardTrainer": ({"chosen", "rejected"}, {"prompt", "margin"}),
    "DPOTrainer": ({"chosen", "rejected"}, {"prompt"}),
    "KTOTrainer": ({"prompt", "completion", "label"}, set[str]()),
}
"""The columns that a trainer needs, and those that it understands beside them."""

AXOLOTL = {
    "base_model": str, "rl": str, "datasets": list, "learning_rate": str, "micro_batch_size": int,
    "gradient_accumulation_steps": int, "output_dir": str,
}  # fmt: skip
AXOLOTL_DATA = {"path", "ds_type", "split", "type", "field_messages", "field_chosen", "field_rejected"}
LLAMA_FACTORY = {"file_name", "formatting", "ranking", "columns", "tags"}
LLAMA_FACTORY_COLUMNS = {"messages", "system", "tools", "chosen", "rejected"}
LLAMA_FACTORY_TAGS = {
    "role_tag", "content_tag", "user_tag", "assistant_tag", "observation_tag", "function_tag", "system_tag",
}  # fmt: skip
OPENRLHF = {
    "--model.model_name_or_path", "--data.dataset", "--data.prompt_key", "--data.chosen_key", "--data.rejected_key",
}  # fmt: skip
OPENRLHF_SWITCHES = {"--data.apply_chat_template"}

Used = tuple[str, set[str]]
"""What a recipe takes: a view (its name or its file), and columns of it."""


def used(path: str, text: str) -> Used:
    """What a recipe takes. Fails for one that its trainer would refuse."""
    if path.endswith(".py"):
        return _trl(path, text)
    if path.endswith(".yaml"):
        return _axolotl(text)
    if path.endswith("dataset_info.json"):
        return _llama_factory(path, text)
    assert path.endswith(".sh"), f"nobody checks {path}"
    return _openrlhf(text)


def _trl(path: str, text: str) -> Used:
    tree = ast.parse(text)
    compile(tree, path, "exec")
    calls = {ast.unparse(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    (trainer,) = {name for name in calls if name.endswith("Trainer")}
    assert {word.arg for word in calls[trainer].keywords} == {"model", "args", "train_dataset"}
    assert trainer.replace("Trainer", "Config") in calls
    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names}
    assert {trainer, trainer.replace("Trainer", "Config"), "load_dataset"} == imported
    folder, view = (ast.literal_eval(each) for each in calls["load_dataset"].args)
    (selected,) = [node for name, node in calls.items() if name.endswith(".select_columns")]
    columns = set(ast.literal_eval(selected.args[0]))
    needed, beside = TRL[trainer]
    assert folder == "." and needed <= columns <= needed | beside
    return view, columns


def _axolotl(text: str) -> Used:
    settings = yaml.safe_load(text)
    assert {name: type(value) for name, value in settings.items()} == AXOLOTL
    assert settings["rl"] == "dpo" and 0 < float(settings["learning_rate"]) < 1
    (data,) = settings["datasets"]
    assert set(data) == AXOLOTL_DATA
    assert (data["ds_type"], data["split"], data["type"]) == ("parquet", "train", "chat_template.default")
    return data["path"], {data[name] for name in data if name.startswith("field_")}


def _llama_factory(path: str, text: str) -> Used:
    ((_, info),) = json.loads(text).items()
    assert set(info) <= LLAMA_FACTORY
    assert (info["formatting"], info["ranking"]) == ("sharegpt", True)
    assert set(info["columns"]) <= LLAMA_FACTORY_COLUMNS and {"messages", "chosen", "rejected"} <= set(info["columns"])
    assert set(info["tags"]) <= LLAMA_FACTORY_TAGS
    # it joins the folder of this file with the name
    file = os.path.normpath(Path(path).parent / info["file_name"])
    return file, set(info["columns"].values())


def _openrlhf(text: str) -> Used:
    assert subprocess.run(["sh", "-n"], input=text.encode(), check=False).returncode == 0
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    words = " ".join(lines).replace("\\", "").split()
    assert words[:2] == ["deepspeed", "--module"] and words[2] in ("openrlhf.cli.train_rm", "openrlhf.cli.train_dpo")
    given: dict[str, str] = {}
    rest = iter(words[3:])
    for word in rest:
        assert word in OPENRLHF | OPENRLHF_SWITCHES, word
        if word in OPENRLHF:
            given[word] = next(rest)
    assert set(given) == OPENRLHF
    return given["--data.dataset"], {given[name] for name in given if name.endswith("_key")}

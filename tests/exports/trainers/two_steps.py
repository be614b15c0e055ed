"""Two steps of TRL's trainers on the Parquet files of a dataset version, with a model of a few hundred numbers.

    python two_steps.py FOLDER

Runs in an environment of its own (`make trainers`): nothing of the product is imported here. Nothing is fetched: the
tokenizer has the 256 bytes and four marks, the model is made from its configuration. Prints one JSON object a trainer:
its name, the rows that it kept, and what its first step lost.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "WANDB_MODE": "disabled"}

import torch
from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer

MARKS = ("<|pad|>", "<|eos|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer() -> PreTrainedTokenizerFast:
    """Every byte is a token, so nothing is lost and nothing must be learned."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {word: place for place, word in enumerate([*letters, *MARKS])}
    plain = Tokenizer(models.BPE(vocab=words, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=plain, pad_token=MARKS[0], eos_token=MARKS[1])
    made.add_special_tokens({"additional_special_tokens": list(MARKS[2:])})
    made.chat_template = TEMPLATE
    return made


def shape(words: PreTrainedTokenizerFast, **more: Any) -> LlamaConfig:
    """The smallest model that is one."""
    return LlamaConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        tie_word_embeddings=True, pad_token_id=words.pad_token_id, eos_token_id=words.eos_token_id, **more,
    )  # fmt: skip


def settings(folder: str) -> dict[str, Any]:
    """What all trainers are told: two steps, on the CPU, nothing kept and nothing cut."""
    return {
        "output_dir": folder, "max_steps": 2, "per_device_train_batch_size": 2, "use_cpu": True, "bf16": False,
        "gradient_checkpointing": False, "report_to": "none", "save_strategy": "no", "logging_steps": 1,
        "disable_tqdm": True, "seed": 7, "max_length": None,
    }  # fmt: skip


def said(name: str, trainer: Any) -> dict[str, Any]:
    """Train, and say what came of it."""
    trainer.train()
    losses = [each["loss"] for each in trainer.state.log_history if "loss" in each]
    return {"trainer": name, "rows": len(trainer.train_dataset), "losses": losses}


def reward(rows: Dataset, folder: str, name: str) -> dict[str, Any]:
    """A reward model; with a column `margin` it wants the winner to be better by so much."""
    torch.manual_seed(7)
    words = tokenizer()
    model = LlamaForSequenceClassification(shape(words, num_labels=1))
    trainer = RewardTrainer(
        model=model, args=RewardConfig(**settings(folder)), train_dataset=rows, processing_class=words
    )
    first = words.decode(trainer.train_dataset[0]["chosen_ids"])
    return said(name, trainer) | {"chosen_seen": rows[0]["chosen"][-1]["content"] in first}


def beside_reference(trainer: Any, config: Any, rows: Dataset, folder: str, name: str) -> dict[str, Any]:
    """A trainer that holds a model against a reference: DPO of pairs, KTO of single completions."""
    words = tokenizer()
    model, reference = LlamaForCausalLM(shape(words)), LlamaForCausalLM(shape(words))
    return said(
        name,
        trainer(
            model=model, ref_model=reference, args=config(**settings(folder)), train_dataset=rows,
            processing_class=words,
        ),
    )  # fmt: skip


def runs(folder: Path, scratch: str) -> Iterator[dict[str, Any]]:
    """Whatever can be trained on what lies in the folder."""
    views = {path.name.split(".")[0].split("-")[0] for path in (folder / "data").iterdir()}
    if "preference" in views:
        rows = load_dataset(str(folder), "preference", split="train")
        yield reward(rows, scratch, "reward")
        yield reward(rows.remove_columns("margin"), scratch, "reward without margin")
        yield beside_reference(DPOTrainer, DPOConfig, rows, scratch, "dpo")
    if "preference_implicit" in views:
        yield reward(load_dataset(str(folder), "preference_implicit", split="train"), scratch, "reward implicit")
    if "unpaired" in views:
        rows = load_dataset(str(folder), "unpaired", split="train")
        yield beside_reference(KTOTrainer, KTOConfig, rows, scratch, "kto")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for each in runs(Path(sys.argv[1]), place):
            print(json.dumps(each))

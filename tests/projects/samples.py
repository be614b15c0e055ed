"""Rows of every shape, made up, as the datasets of that shape have them."""

from __future__ import annotations

import json
from typing import Any

Raw = dict[str, Any]


def said(role: str, content: str) -> Raw:
    return {"role": role, "content": content}


BREAD = said("user", "My bread is dense. What do I change first?")
TIME = said("assistant", "Give the dough more time.")
FLOUR = said("assistant", "Try another flour.")
ASKED = "How do I keep basil alive?"

NATIVE = {
    "id": "bread-1",
    "prompt": [said("system", "Be brief."), BREAD],
    "completions": [
        {"messages": [TIME], "model": "heron-2"},
        {"messages": [FLOUR], "model": "plover-1"},
        {"messages": [said("assistant", "Buy bread.")], "model": "heron-1"},
    ],
    "language": "en",
    "categories": {"W10": 1},
    "source_label": {"ranks": [1, 2, 3]},
    "meta": {"topic": "baking"},
}
EXPLICIT = {"prompt": [BREAD], "chosen": [TIME], "rejected": [FLOUR], "margin": 1.5, "id": "b-1", "topic": "baking"}
EXPLICIT_TEXT = {"prompt": ASKED, "chosen": " Water it from below.", "rejected": " Basil is a herb.", "topic": "herbs"}
IMPLICIT = {"chosen": [BREAD, TIME], "rejected": [BREAD, FLOUR], "topic": "baking"}
WHOLE_TEXT = {
    "chosen": "Question: why is the sky red?\nAnswer: The light takes a longer way.",
    "rejected": "Question: why is the sky red?\nAnswer: It is tired.",
    "topic": "sky",
}
HH = {
    "chosen": "\n\nHuman: Hello\n\nAssistant: Good day.\n\nHuman: What is 17 × 23?\n\nAssistant: 391.",
    "rejected": "\n\nHuman: Hello\n\nAssistant: Good day.\n\nHuman: What is 17 × 23?\n\nAssistant: About 400.",
    "split": "test",
}
OPENAI = {
    "input": {
        "messages": [said("system", "Be brief."), BREAD],
        "tools": [{"type": "function", "function": {"name": "oven", "parameters": "{}"}}],
        "parallel_tool_calls": True,
    },
    "preferred_output": [TIME],
    "non_preferred_output": [FLOUR],
}
ULTRAFEEDBACK = {
    "source": "made_up",
    "instruction": ASKED,
    "models": ["heron-1", "heron-2", "plover-1", "plover-2"],
    "completions": [
        {
            "model": model,
            "response": response,
            "annotations": {"helpfulness": {"Rating": str(score), "Rationale": "It says what to do."}},
            "overall_score": float(score),
            "fine-grained_score": score + 0.5,
            "critique": "Fine.",
        }
        for model, response, score in (
            ("heron-1", "Water it.", 3),
            ("heron-2", "Give it light.", 4),
            ("plover-1", "Basil?", 1),
            ("plover-2", "Pinch off the tips.", 5),
        )
    ],
}
BINARIZED = {
    "prompt": ASKED,
    "prompt_id": "f00d",
    "chosen": [said("user", ASKED), said("assistant", "Water it from below.")],
    "rejected": [said("user", ASKED), said("assistant", "Basil is a herb.")],
    "messages": [said("user", ASKED), said("assistant", "Water it from below.")],
    "score_chosen": 8.5,
    "score_rejected": 3.0,
}
SCORES = {"helpfulness": 3, "correctness": 4, "coherence": 4, "complexity": 1, "verbosity": 2}
HELPSTEER2 = {"prompt": ASKED, "response": "Water it.", **SCORES}
HELPSTEER2_SECOND = {"prompt": ASKED, "response": "Give it light.", **SCORES, "helpfulness": 4}
HELPSTEER2_PAIRS = {
    "prompt": "Hello\n<extra_id_1>Assistant\nGood day.\n<extra_id_1>User\nWhat is 17 × 23?",
    "response_1": "391.",
    "response_2": "About 400.",
    "preference_strength": -2,
    "preference_statement": "Response 1 is better.",
    "preference_elaboration": "It is right.",
    "split": "train",
}
HELPSTEER3 = {
    "domain": "general",
    "language": "english",
    "context": [BREAD, TIME, said("user", "And then?")],
    "response1": "Then bake it hotter.",
    "response2": "Then wait.",
    "overall_preference": -1,
    "individual_preference": [
        {"score": -1, "reasoning": "It is clearer.", "feedback1": "Good.", "feedback2": "Short."}
    ],
}
NECTAR = {
    "prompt": "\n\nHuman: Hello\n\nAssistant: Good day.\n\nHuman: What is 17 × 23?\n\nAssistant: ",
    "answers": [
        {"answer": "391.", "model": "heron-2", "rank": 1.0},
        {"answer": "About 400.", "model": "plover-1", "rank": 3.0},
        {"answer": "391", "model": "plover-2", "rank": 2.0},
    ],
    "turns": "2",
    "good_natured": "true",
}
ARENA_TEXT = {
    "id": "65089",
    "model_a": "heron-2",
    "model_b": "plover-1",
    "prompt": json.dumps(["What is 17 × 23?", "Sure?"]),
    "response_a": json.dumps(["391.", "Yes."]),
    "response_b": json.dumps(["About 400.", "No."]),
    "winner_model_a": 1,
    "winner_model_b": 0,
    "winner_tie": 0,
}


def parts(role: str, text: str) -> Raw:
    return {"role": role, "content": [{"type": "text", "text": text, "image": None, "mimeType": None}]}


ARENA_PARTS = {
    "id": "c4b3",
    "model_a": "heron-2",
    "model_b": "plover-1",
    "winner": "both_bad",
    "evaluation_order": "1",
    "conversation_a": [parts("user", "What is 17 × 23?"), parts("assistant", "391.")],
    "conversation_b": [parts("user", "What is 17 × 23?"), parts("assistant", "About 400.")],
    "full_conversation": [{"user": parts("user", "What is 17 × 23?")}],
    "language": "en",
}
ARENA_PLAIN = {
    "question_id": "58210e",
    "model_a": "heron-2",
    "model_b": "plover-1",
    "winner": "model_a",
    "conversation_a": [said("user", "What is 17 × 23?"), said("assistant", "391.")],
    "conversation_b": [said("user", "What is 17 × 23?"), said("assistant", "About 400.")],
    "language": "English",
    "turn": "1",
}


def message(key: str, text: str, role: str, replies: list[Raw], **facts: Any) -> Raw:
    return {"message_id": key, "text": text, "role": role, "lang": "en", **facts, "replies": replies}


OASST = {
    "message_tree_id": "m1",
    "tree_state": "ready_for_export",
    "prompt": message(
        "m1",
        ASKED,
        "prompter",
        [
            message(
                "m2", "Water it.", "assistant",
                [
                    message(
                        "m4", "How often?", "prompter",
                        [
                            message("m5", "Every week.", "assistant", [], rank=1, model_name="heron-2"),
                            message("m6", "When it is dry.", "assistant", [], rank=0, model_name="heron-2"),
                            message("m7", "Never.", "assistant", [], rank=2, model_name="heron-2"),
                        ],
                    ),
                    message("m8", "With what?", "prompter", [message("m9", "A can.", "assistant", [], rank=0)]),
                ],
                rank=0, model_name="plover-1",
            ),
            message("m3", "Give it light.", "assistant", [], rank=1, model_name="heron-2"),
        ],
    ),
}  # fmt: skip

JUDGMENT = {
    "task_id": "t1", "row_id": "bread-1", "batch": "bread.jsonl", "language": "en",
    "categories": [{"category": "W10", "severity": 1}], "prompt": [{**BREAD, "name": None, "tool_calls": None}],
    "completions": [
        {"messages": [{**TIME, "name": None, "tool_calls": None}], "model": "heron-2"},
        {"messages": [{**FLOUR, "name": None, "tool_calls": None}], "model": None},
    ],
    "of_row": [], "source_label": '{"ranks":[1,2]}', "meta": '{"topic":"baking"}', "id": "j1", "labeler": "p1",
    "order": [1, 0], "verdict": "tie", "reasons": [], "comment": None, "late": False, "guideline_version": 1,
    "kind_version": 1, "seconds": "0-120", "preferred": None, "preferred_place": None, "margin": None,
}  # fmt: skip

SAMPLES: dict[str, tuple[str, list[Raw]]] = {
    "native": ("native", [NATIVE]),
    "judgments": ("judgments", [JUDGMENT, {**JUDGMENT, "id": "j2", "verdict": "both_bad"}]),
    "explicit": ("trl-explicit", [EXPLICIT]),
    "explicit-text": ("trl-explicit", [EXPLICIT_TEXT]),
    "implicit": ("trl-implicit", [IMPLICIT]),
    "whole-text": ("trl-standard", [WHOLE_TEXT]),
    "hh": ("hh", [HH]),
    "openai": ("openai", [OPENAI]),
    "ultrafeedback": ("ultrafeedback", [ULTRAFEEDBACK]),
    "binarized": ("trl-explicit", [BINARIZED]),
    "helpsteer2": ("helpsteer2", [HELPSTEER2, HELPSTEER2_SECOND]),
    "helpsteer2-pairs": ("helpsteer2-preference", [HELPSTEER2_PAIRS]),
    "helpsteer3": ("helpsteer3", [HELPSTEER3]),
    "nectar": ("nectar", [NECTAR]),
    "arena-text": ("arena", [ARENA_TEXT]),
    "arena-parts": ("arena", [ARENA_PARTS]),
    "arena-plain": ("arena", [ARENA_PLAIN]),
    "oasst": ("oasst", [OASST]),
}
"""A name for the sample, the shape it is recognised as, and its rows."""

"""A datasheet that lacks nothing."""

from __future__ import annotations

from labeler.exports.documents.questions import QUESTIONS

ALL = {each.name: f"Said of {each.name}." for each in QUESTIONS if each.required} | {"licence": "CC-BY-4.0"}

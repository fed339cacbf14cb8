#!/usr/bin/env python3
"""Writes the corpora of all targets from the tokenizer cases."""

import json
from pathlib import Path

here = Path(__file__).resolve().parent
count = 0
for name in ("tokenizer_cases.jsonl", "tokenizer_variants.jsonl"):
    for line in (here / "../tests/data" / name).read_text(encoding="utf-8").strip("\n").split("\n"):
        case = json.loads(line)
        for target in ("tokens", "normalize", "offsets"):
            corpus = here / "corpus" / target
            corpus.mkdir(parents=True, exist_ok=True)
            choice = "\x01" if target == "normalize" else ""
            (corpus / case["id"]).write_text(choice + case["input"], encoding="utf-8")
        count += 1
print(f"{count} seeds for each target")

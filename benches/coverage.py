#!/usr/bin/env python3
"""How much of what annotators quoted does the evidence touch, and how much of an ad is highlighted to get there?

    benches/coverage.py TACHLES QUOTES ADS [-m MODEL]

QUOTES holds {"id", "vague": [[start, end], ...], "concrete": [...]} (code points of title, line feed, text) or
{"id", "vague_quotes": ["...", ...], "concrete_quotes": [...]}; ADS is CSV or JSON Lines with those ids. A quote counts as
overlapped when a highlight shares a character with it, and as half covered when highlights hold half of it. Evidence is all
that the record lists, also for reasons that did not fire; `highlighted` is the mean over ads of the share of their characters within evidence or deliverables.
Nothing is needed but Python 3.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def records(binary, ads, model):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        command = [binary, "batch", "-q", "--all-roles", "--with-text", ads, "-o", str(out), *model]
        subprocess.run(command, check=True)
        with out.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def located(quotes, side, text):
    if side in quotes:
        return [tuple(span) for span in quotes[side]]
    found = ((text.find(quote), len(quote)) for quote in quotes[f"{side}_quotes"])
    return [(start, start + size) for start, size in found if start >= 0]


def marked(spans, length):
    marks = bytearray(length)
    for start, end in spans:
        marks[start:end] = b"\1" * (min(end, length) - start)
    return marks


def main():
    binary, quote_file, ads, *model = sys.argv[1:]
    with open(quote_file, encoding="utf-8") as lines:
        quotes = {row["id"]: row for row in map(json.loads, lines)}
    quoted = {"vague": 0, "concrete": 0, "vague, in ads called vague": 0}
    touched = dict.fromkeys(quoted, 0)
    covered = dict.fromkeys(quoted, 0)
    shares = []
    for record in records(binary, ads, model):
        own = quotes.get(record["id"])
        if own is None:
            continue
        text = record["text"]
        evidence = [(one["start"], one["end"]) for reason in record["reasons"] for one in reason["evidence"]]
        deliverables = [(one["start"], one["end"]) for one in record["deliverables"]]
        for side, highlights in (("vague", evidence), ("concrete", deliverables)):
            marks = marked(highlights, len(text))
            for start, end in located(own, side, text):
                share = sum(marks[start:end]) / max(end - start, 1)
                names = [side] + (["vague, in ads called vague"] if side == "vague" and record["verdict"] == "vague" else [])
                for name in names:
                    quoted[name] += 1
                    touched[name] += share > 0
                    covered[name] += share >= 0.5
        shares.append(sum(marked(evidence + deliverables, len(text))) / max(len(text), 1))
    print(f"{len(shares)} ads, {sum(shares) / max(len(shares), 1):.3f} of their characters highlighted")
    for name, count in quoted.items():
        print(f"{name} quotes: {count}, overlapped {touched[name] / max(count, 1):.3f}, half covered {covered[name] / max(count, 1):.3f}")


if __name__ == "__main__":
    main()

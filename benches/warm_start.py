"""What `train --from` brings where labels are few: AUC of the verdict with 50, 100 and 200 labels, from scratch and from a model.

Of the labelled real ads of one language, so many are drawn as training labels, the rest is measured on; the model that is
started from has seen none of them (`models/authored`). Texts are looked for in `$TACHLES_SHARED` (or `../shared`).

    python3 benches/warm_start.py target/release/tachles [SEEDS]
"""

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TACHLES_SHARED", ROOT.parent / "shared")) / "real"
SETS = [("English", "en_train.csv", "ads_en.jsonl"), ("Hebrew", "he_train.csv", "ads_he.jsonl")]
SIZES = [50, 100, 200]


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def auc(program, folder, labels, ads, model):
    text = run(program, "evaluate", "-q", labels, "--ads", ads, "-m", model, "--format", "json")
    heads = json.loads(text)["sets"][0]["heads"]
    return next(head["auc"]["value"] for head in heads if head["head"] == "vague")


def trial(program, folder, rows, ads, size, seed):
    """AUC from scratch, from the model, and of the model as it is."""
    rows = [dict(row) for row in rows]
    random.Random(seed).shuffle(rows)
    for place, row in enumerate(rows):
        row["split"] = "train" if place < size else "test"
    labels = folder / "labels.csv"
    with labels.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    train = ["train", "-q", "--no-nested", labels, "--ads", ads, "--splits", "train", "-o"]
    run(program, *train, folder / "scratch")
    run(program, *train, folder / "warm", "--from", ROOT / "models/authored")
    models = [folder / "scratch", folder / "warm", ROOT / "models/authored"]
    return [auc(program, folder, labels, ads, model) for model in models]


def main():
    program, seeds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    if not SHARED.is_dir():
        print(f"skipped: the real ads ({SHARED}) are not here")
        return
    print("| set | labels | from scratch | from models/authored | models/authored as it is | gain of the start, median [range] |")
    print("|---|---|---|---|---|---|")
    for name, labels, ads in SETS:
        with (ROOT / "data/real_labels" / labels).open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                all_of = [trial(program, Path(folder), rows, SHARED / ads, size, seed) for seed in range(1, seeds + 1)]
            gains = [warm - scratch for scratch, warm, _ in all_of]
            middle = [statistics.median(values) for values in zip(*all_of)]
            print(
                f"| {name} | {size} | {middle[0]:.3f} | {middle[1]:.3f} | {middle[2]:.3f} "
                f"| {statistics.median(gains):+.3f} [{min(gains):+.3f}, {max(gains):+.3f}] |",
                flush=True,
            )


main()

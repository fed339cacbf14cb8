#!/usr/bin/env python3
"""Whole runs of tachles beside its peers, and the tables of docs/BENCHMARKS.md.

Called by benches/run, which builds what is compared. On each of three files (real English ads, real Hebrew ads, NHS
postings as plain text) a bare CSV copy, tachles on one and two threads, fastText and scikit-learn take turns; medians
of the rounds are written between the markers of the document, the prose around them stays.

    benches/run [--rounds N]
"""

import argparse
import csv
import gzip
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ["TACHLES_SHARED"]) / "real"
PEERS = ROOT / "target/peers"
WORK = ROOT / "target/peers/files"
DOC = ROOT / "docs/BENCHMARKS.md"
TACHLES = ROOT / "target/release/tachles"
# scikit-learn is so much slower that it gets the first of the ads only; figures are ads a second.
SAMPLE = 500
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WORD = re.compile(r"[^\W_]+")


def run(*command, **options):
    """Seconds by the clock and processor seconds of one child."""
    start = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], env=os.environ | ONE_THREAD, **options)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return seconds, used.ru_utime + used.ru_stime


def peak(*command, **options):
    """The most memory of one child in MB, asked every millisecond: what wait4 tells holds that of its parent."""
    child = subprocess.Popen([str(part) for part in command], **options)
    most = 0
    while child.poll() is None:
        try:
            status = Path(f"/proc/{child.pid}/status").read_text()
            if f"Name:\t{Path(command[0]).name[:15]}\n" in status and (found := re.search(r"VmHWM:\s*(\d+)", status)):
                most = max(most, int(found[1]))
        except OSError:
            pass
        time.sleep(0.001)
    return most / 1024


def ads(name):
    """The ads of a file as (id, title, text), plain."""
    if name != "nhs":
        with open(SHARED / f"ads_{name}.jsonl", encoding="utf-8") as lines:
            for line in lines:
                ad = json.loads(line)
                yield ad["id"], ad.get("title", ""), ad["text"]
        return
    raw, plain = WORK / "nhs_html.csv", WORK / "nhs_html.jsonl"
    with gzip.open(SHARED / "throughput_nhs.csv.gz", "rb") as packed, open(raw, "wb") as out:
        shutil.copyfileobj(packed, out)
    run(TACHLES, "batch", "-q", "--with-text", "-o", plain, raw)
    with open(plain, encoding="utf-8") as lines:
        for line in lines:
            ad = json.loads(line)
            title = ad["title"]
            yield ad["id"], title, ad["text"][len(title) + 1 :] if title else ad["text"]


def write_files(name):
    """CSV and JSON Lines for all, a short CSV for scikit-learn, one normalised line an ad for fastText."""
    count = 0
    files = [WORK / f"{name}.{end}" for end in ("csv", "jsonl", "sample.csv", "txt")]
    with open(files[0], "w", newline="", encoding="utf-8") as a, open(files[1], "w", encoding="utf-8") as b, \
         open(files[2], "w", newline="", encoding="utf-8") as c, open(files[3], "w", encoding="utf-8") as d:
        whole, sample = csv.writer(a), csv.writer(c)
        for table in (whole, sample):
            table.writerow(["id", "title", "text"])
        for key, title, text in ads(name):
            whole.writerow([key, title, text])
            if count < SAMPLE:
                sample.writerow([key, title, text])
            b.write(json.dumps({"id": key, "title": title, "text": text}, ensure_ascii=False) + "\n")
            d.write(" ".join(WORD.findall(f"{title} {text}".lower())) + "\n")
            count += 1
    return count, files[0].stat().st_size


def train_peers():
    """fastText on the verdict, scikit-learn on all eight heads, from the ads that tachles learns from."""
    sys.path.insert(0, str(ROOT / "benches/peers"))
    import pandas as pd
    from sklearn_baseline import authored, real

    rows = pd.concat([authored(), real(SHARED.parent, "en_train"), real(SHARED.parent, "he_train")], ignore_index=True)
    rows.to_pickle(WORK / "rows.pickle")
    with open(WORK / "train.txt", "w", encoding="utf-8") as out:
        for label, doc in zip(rows["label"], rows["doc"]):
            out.write(f"__label__{label} {' '.join(WORD.findall(doc.lower()))}\n")
    run(PEERS / "fasttext", "supervised", "-input", WORK / "train.txt", "-output", WORK / "fasttext",
        "-wordNgrams", 2, "-epoch", 25, "-thread", 1, "-verbose", 0, stderr=subprocess.DEVNULL)
    run(sys.executable, ROOT / "benches/peers/sklearn_batch.py", "train", WORK / "rows.pickle", WORK / "sklearn.pickle")
    return len(rows)


def batch_command(name, threads, end="csv"):
    return TACHLES, "batch", "-q", "--threads", threads, "-o", WORK / "out.jsonl", WORK / f"{name}.{end}"


def batch(name, threads, end="csv"):
    return run(*batch_command(name, threads, end))


def fasttext(name):
    """Without the time it takes to load its model, which a file of one line shows."""
    (WORK / "one.txt").write_text("one\n")
    with open(WORK / "fasttext.out", "wb") as out:
        whole, start = (run(PEERS / "fasttext", "predict-prob", WORK / "fasttext.bin", file, stdout=out)[0]
                        for file in (WORK / f"{name}.txt", WORK / "one.txt"))
    return max(whole - start, 1e-6)


def sklearn(name):
    """Timed inside the process: starting Python and loading the model is not counted."""
    command = [sys.executable, ROOT / "benches/peers/sklearn_batch.py", "score", WORK / "sklearn.pickle",
               WORK / f"{name}.sample.csv", WORK / "sklearn.csv"]
    return float(subprocess.run([str(part) for part in command], env=os.environ | ONE_THREAD, check=True,
                                capture_output=True, text=True).stdout)


def copy(name):
    command = [STAGES, "copy", WORK / f"{name}.csv", WORK / "copy.csv"]
    return float(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)


def stages_binary():
    found = sorted((ROOT / "target/release/deps").glob("stages-*"), key=lambda path: path.stat().st_mtime)
    found = [path for path in found if path.suffix == "" and os.access(path, os.X_OK)]
    if not found:
        sys.exit("the bench `stages` was not built: cargo bench --no-run --bench stages")
    return found[-1]


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    version = lambda *command: subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    import sklearn as package

    load = os.getloadavg()[0]
    return (f"{os.cpu_count()} virtual cores ({cpu}), {platform.system()}; {version('rustc', '--version').split(' (')[0]}; "
            f"{version('g++', '--version')}, fastText 0.9.3; Python {platform.python_version()}, scikit-learn "
            f"{package.__version__}; load when it began {load:.1f}")


def between(document, name, table):
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in document or end not in document:
        sys.exit(f"docs/BENCHMARKS.md has no place for `{name}`")
    head, rest = document.split(begin, 1)
    return head + begin + "\n" + table.strip() + "\n" + end + rest.split(end, 1)[1]


def peers(rounds):
    sizes = {name: write_files(name) for name in ("en", "he", "nhs")}
    rows = train_peers()
    times = {}

    def note(name, what, seconds):
        times.setdefault((name, what), []).append(seconds)

    memory = {(name, threads): peak(*batch_command(name, threads)) for name in sizes for threads in (1, 2)}
    for _ in range(rounds):
        for name in sizes:
            note(name, "copy", copy(name))
            for threads in (1, 2):
                note(name, f"tachles {threads}", batch(name, threads)[0])
            note(name, "json", batch(name, 1, "jsonl")[0])
            note(name, "fasttext", fasttext(name))
            note(name, "sklearn", sklearn(name))
    titles = {"en": "English ads", "he": "Hebrew ads", "nhs": "NHS postings, plain"}
    lines = ["| file | run | ads/s | time, of the copy's | times fastText | times scikit-learn | peak memory |",
             "|---|---|---|---|---|---|---|"]
    for name, (count, size) in sizes.items():
        median = lambda what: statistics.median(times[name, what])
        ft, sk = count / median("fasttext"), min(count, SAMPLE) / median("sklearn")
        runs = [("bare `csv` copy", "copy", None), ("tachles, 1 thread", "tachles 1", 1),
                ("tachles, 2 threads", "tachles 2", 2), ("tachles, JSON Lines in, 1 thread", "json", None),
                ("fastText `predict-prob`, 1 thread", "fasttext", None), ("scikit-learn, 1 thread", "sklearn", None)]
        for title, what, threads in runs:
            speed = (min(count, SAMPLE) if what == "sklearn" else count) / median(what)
            most = f"{memory[name, threads]:.0f} MB" if threads else "–"
            own = what not in ("copy", "fasttext", "sklearn")
            ratios = [f"{speed / peer:.2f}" if own else "–" for peer in (ft, sk)]
            of_copy = f"{count / speed / median('copy'):.1f}"
            file = f"{titles[name]} ({count:,}, {size / 1e6:.1f} MB)" if what == "copy" else ""
            lines.append(f"| {file} | {title} | {speed:,.0f} | {of_copy} | {ratios[0]} | {ratios[1]} | {most} |")
    scaling = ", ".join(
        f"{titles[name]} {statistics.median(times[name, 'tachles 1']) / statistics.median(times[name, 'tachles 2']):.2f}"
        for name in sizes)
    lines += ["", f"Two threads do so many times the work of one: {scaling}. Medians of {rounds}. The peers learned from "
              f"{rows:,} labelled ads."]
    return "\n".join(lines)


def starts():
    ad = ROOT / "data/samples/ad.txt"
    runs = [run(TACHLES, "score", ad, stdout=subprocess.DEVNULL) for _ in range(31)]
    seconds, processor = (statistics.median(column) for column in zip(*runs))
    most = peak(TACHLES, "score", ad, stdout=subprocess.DEVNULL)
    return (f"`score` of one ad, process start to exit, median of 31: {seconds * 1e3:.1f} ms by the clock, "
            f"{processor * 1e3:.0f} ms of processor time, {most:.0f} MB.")


def stages():
    text = subprocess.run([str(STAGES), "--plain"], check=True, capture_output=True, text=True).stdout
    lines = ["| stage | µs an ad |", "|---|---|"]
    for line in text.splitlines():
        name, nanoseconds = line.split("\t")
        lines.append(f"| {name} | {float(nanoseconds) / 1e3:,.1f} |")
    return "\n".join(lines)


def training(rounds=1):
    ours, theirs = [], []
    out = WORK / "model"
    for _ in range(rounds):
        ours.append(run(TACHLES, "train", "-q", "--no-nested", ROOT / "data/labeled/ads.csv", "-o", out,
                        stdout=subprocess.DEVNULL)[0])
        command = [sys.executable, ROOT / "benches/peers/sklearn_batch.py", "validate"]
        theirs.append(float(subprocess.run([str(part) for part in command], check=True, capture_output=True,
                                           text=True).stdout))
    a, b = statistics.median(ours), statistics.median(theirs)
    return (f"Training on the authored ads, 5-fold cross-validation of four costs for eight heads, {rounds} round: "
            f"tachles {a:.1f} s with calibration, thresholds and card, scikit-learn (word 1-2-grams, character 3-5-grams, "
            f"one process) {b:.1f} s: {a / b:.2f} of its time.")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--rounds", type=int, default=7)
    options = options.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    blocks = {"machine": machine(), "start": starts(), "stages": stages(), "peers": peers(options.rounds),
              "train": training()}
    document = DOC.read_text(encoding="utf-8")
    for name, table in blocks.items():
        document = between(document, name, table)
        print(f"\n{table}")
    DOC.write_text(document, encoding="utf-8")
    print(f"\nwritten to {DOC.relative_to(ROOT)}")


if __name__ == "__main__":
    STAGES = stages_binary()
    main()

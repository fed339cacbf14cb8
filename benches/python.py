"""Ads a second from Python, as a share of the command line's, on the same file.

Both score the same CSV, in turn, so that whatever else the machine does falls on both: the command line to Parquet; Python by reading the
CSV with pyarrow and scoring the table, to Parquet too, once with the start of the interpreter and the model, once without. Medians, by the clock
and by processor time outside the system (which other programs disturb less); the ratios are medians of the ratios of a round. The command line
is `target/release/tachles`, or the one that comes with the package where that was not built.

    python benches/python.py [FILE.csv] [--rounds 5] [--threads N]

Without a file it takes 14,842 real ads from the folder that `TACHLES_SHARED` names, which is not part of the project.
"""

import argparse
import gzip
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

import tachles

SCRIPT = """
import sys, pyarrow as pa, pyarrow.csv, tachles
ads = pa.csv.read_csv(sys.argv[1], parse_options=pa.csv.ParseOptions(newlines_in_values=True))
tachles.load().write(ads, sys.argv[2], bad="drop", threads=int(sys.argv[3]))
"""


def timed(work):
    """Seconds by the clock and of processor time, of this process and its children."""

    def used():
        return sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))

    before, start = used(), time.perf_counter()
    work()
    return time.perf_counter() - start, used() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file
        if path is None:
            if "TACHLES_SHARED" not in os.environ:
                sys.exit("skipped: no file given, and TACHLES_SHARED is not set")
            path = Path(folder) / "ads.csv"
            with gzip.open(Path(os.environ["TACHLES_SHARED"]) / "real" / "throughput_nhs.csv.gz") as packed:
                path.write_bytes(packed.read())
        out = Path(folder) / "out.parquet"
        built = Path(__file__).resolve().parents[1] / "target" / "release" / "tachles"
        program = built if built.exists() else shutil.which("tachles", path=Path(sys.executable).parent)
        threads = arguments.threads
        model = tachles.load()
        parse = pa.csv.ParseOptions(newlines_in_values=True)
        read = lambda: pa.csv.read_csv(path, parse_options=parse)
        runs = {
            "command line": lambda: subprocess.run([program, "batch", "-q", "--threads", str(threads), path, "-o", out], check=False),
            "python, started": lambda: subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, path, out, str(threads)], check=True),
            "python, write": lambda: model.write(read(), out, bad="drop", threads=threads),
            "python, score": lambda: model.score(read(), bad="drop", threads=threads),
        }
        ads = read().num_rows
        found = {name: [] for name in runs}
        for _ in range(arguments.rounds):
            for name, run in runs.items():
                found[name].append(timed(run))
    print(f"{ads} ads, {threads} threads, {os.cpu_count()} cores, medians of {arguments.rounds} rounds; {program}")
    for name, times in found.items():
        wall, cpu = (statistics.median(column) for column in zip(*times))
        of = [
            statistics.median(base[at] / own[at] for base, own in zip(found["command line"], times)) for at in range(2)
        ]
        print(f"{name:<16} {ads / wall:8.0f} ads/s {of[0]:6.2f} | {ads / cpu:8.0f} ads/cpu-s {of[1]:6.2f}")


if __name__ == "__main__":
    main()

"""What all tests of the package share."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tachles

PROJECT = Path(__file__).resolve().parents[2]
POSTINGS = PROJECT / "data" / "samples" / "postings.csv"
LABELED = PROJECT / "data" / "labeled" / "ads.csv"


@pytest.fixture(scope="session")
def model():
    return tachles.load()


@pytest.fixture(scope="session")
def postings():
    """The sample postings as dicts of strings."""
    with open(POSTINGS, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def labeled():
    """The labelled ads as dicts of strings."""
    with open(LABELED, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def command():
    """Runs the command line that comes with the package, and gives what it prints."""
    program = Path(sys.executable).with_name("tachles")
    program = str(program) if program.exists() else shutil.which("tachles")

    def run(*arguments, code=0):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, check=False)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout

    return run

"""Runs the notebooks anew, and tells where what they print is not what is kept in them.

Images are not compared, nor is what depends on the run: addresses of objects, temporary folders. `--write` keeps the new outputs.
"""

import argparse
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
PASSING = [(re.compile(r"0x[0-9a-f]{6,}"), "0x"), (re.compile(r"/tmp/[\w./-]+"), "/tmp")]


def printed(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell prints and gives, as text."""
    texts = []
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":
            texts.append(output["text"])
        elif "data" in output and "image/png" not in output["data"]:
            texts += [output["data"].get(kind, "") for kind in ("text/plain", "text/html")]
    text = "\n".join(texts)
    for pattern, instead in PASSING:
        text = pattern.sub(instead, text)
    return text.splitlines()


def main() -> int:
    """Checks all notebooks, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the new outputs")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    differ = 0
    for path in arguments.notebooks or sorted(HERE.glob("*.ipynb")):
        kept = nbformat.read(path, as_version=4)
        fresh = nbformat.read(path, as_version=4)
        start = time.perf_counter()
        NotebookClient(fresh, timeout=600, resources={"metadata": {"path": HERE}}).execute()
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)
        if arguments.write:
            for cell in fresh.cells:
                # When a cell ran is no part of what it says.
                cell.get("metadata", {}).pop("execution", None)
            fresh.metadata.get("language_info", {}).pop("version", None)
            nbformat.write(fresh, path)
            continue
        for number, (old, new) in enumerate(zip(kept.cells, fresh.cells), 1):
            before, after = printed(old), printed(new)
            if before != after:
                differ += 1
                changed = [(a, b) for a, b in zip(before, after) if a != b] or [(before[-1:], after[-1:])]
                print(f"  cell {number} prints something else:\n  - {changed[0][0]}\n  + {changed[0][1]}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the notebooks from their first cell to the last, and tells how long each took and which printed something else than is kept in it.

A cell that fails is a failure. Other numbers are told, not failed: they follow the model and the ads. `--write` keeps what was
printed and drawn, without what changes from run to run (times, addresses of objects).

    python notebooks/run.py [--write] [NOTEBOOK …]
"""

import argparse
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).parent


def printed(cell):
    """What a cell prints and gives, as text."""
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":
            yield output["text"]
        elif "data" in output and "image/png" not in output["data"]:
            yield from (output["data"].get(kind, "") for kind in ("text/plain", "text/html"))


def steady(notebook):
    """Takes out of an executed notebook what is another in every run."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # The size of a figure, with the address of the object.
            if "image/png" in output.get("data", {}):
                output["data"].pop("text/plain", None)
                output["metadata"] = {}


def main():
    """Runs all notebooks, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the new outputs")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    failed = ran = 0
    first = time.perf_counter()
    for path in arguments.notebooks or sorted(HERE.glob("*.ipynb")):
        kept = nbformat.read(path, as_version=4)
        fresh = nbformat.read(path, as_version=4)
        start = time.perf_counter()
        try:
            # The kernel is to be silent about its transport.
            silent = {"extra_arguments": ["--IPKernelApp.log_level=40"]}
            NotebookClient(fresh, timeout=600, resources={"metadata": {"path": str(HERE)}}, **silent).execute()
        except CellExecutionError as error:
            failed += 1
            place = sum(cell.get("execution_count") is not None for cell in fresh.cells)
            said = f"in [{place}] {error.ename}: {error.evalue}"
            print(f"FAILED {path.name}, {time.perf_counter() - start:.0f} s, {said}", flush=True)
            continue
        ran += 1
        steady(fresh)
        other = [number for number, (old, new) in enumerate(zip(kept.cells, fresh.cells), 1) if [*printed(old)] != [*printed(new)]]
        said = f"; cells {', '.join(map(str, other))} print something else than is kept (--write)" if other else ""
        print(f"ok {path.name}, {time.perf_counter() - start:.0f} s{'' if arguments.write else said}", flush=True)
        if arguments.write:
            nbformat.write(fresh, path)
    print(f"{ran} notebooks passed, {failed} failed in {time.perf_counter() - first:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

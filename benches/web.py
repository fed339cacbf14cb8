#!/usr/bin/env python3
"""Load on `tachles serve`, and the way of a key to its highlights: the section `web` of docs/BENCHMARKS.md.

    cargo build --release
    benches/web.py [--seconds 60] [--connections 64] [--write]

Prints the table; with `--write` also puts it between its markers in docs/BENCHMARKS.md. Needs wrk (Debian's package of that name), which asks from the same
cores that the server answers on. `/healthz` is what the HTTP stack costs; `/api/v1/score` gets an ad of about 500 words, without advice as while one types,
and with it. Memory is looked at every second, over two runs of the same load. Then one client alone sends the ad a thousand times, each with another word
typed. The browser's part needs Node, Chromium, and `npm ci` in tests/browser; it is left out where one is missing. TACHLES names another binary.
"""

import argparse
import csv
import http.client
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOC = ROOT / "docs/BENCHMARKS.md"
BROWSER = ROOT / "tests/browser"
TACHLES = pathlib.Path(os.environ.get("TACHLES", ROOT / "target/release/tachles"))
TYPED = 1000


def ad_of(words):
    """The text of authored ads, one after another, cut at so many words."""
    with open(ROOT / "data/labeled/ads.csv", newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file) if row["lang"] == "en"]
    return " ".join(" ".join(texts).split(" ")[:words])


def resident(pid):
    """Resident memory of the process in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024 / 1e6


def processor(pid):
    """Processor time of the process so far, user and system, in seconds."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch(threading.Thread):
    """Looks at the memory of a process every second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.over = pid, [], threading.Event()

    def run(self):
        while not self.over.wait(1):
            self.seen.append(resident(self.pid))

    def end(self):
        """The least and the most that was seen after the first tenth of the time."""
        self.over.set()
        self.join()
        settled = self.seen[len(self.seen) // 10 :] or [resident(self.pid)]
        return min(settled), max(settled)


def milliseconds(text):
    """`1.5ms`, `700us` or `2s` of wrk in milliseconds."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def load(what, address, path, body, pid, options, folder):
    """One run of wrk as a row of the table."""
    script = folder / "ask.lua"
    lines = ["wrk.method = 'POST'" if body else "wrk.method = 'GET'"]
    if body:
        lines += ["wrk.headers['Content-Type'] = 'application/json'", f"wrk.body = io.open({str(folder / 'body')!r}):read('*a')"]
        (folder / "body").write_text(json.dumps(body), encoding="utf-8")
    script.write_text("\n".join(lines), encoding="utf-8")
    watch, spent = Watch(pid), processor(pid)
    watch.start()
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", "--timeout", "30s", "-s", script, f"http://{address}{path}"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    least, most = watch.end()
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    rate, half, late = (re.search(name + r"\s+(\S+)", out).group(1) for name in ("Requests/sec:", "50%", "99%"))
    asked = int(re.search(r"(\d+) requests in", out).group(1))
    spent = (processor(pid) - spent) * 1e3 / asked
    return f"| {what} | {float(rate):,.0f} | {milliseconds(half):.1f} ms | {milliseconds(late):.1f} ms | {spent:.2f} ms | {least:.0f} to {most:.0f} MB |"


def typed(address, text):
    """Times of one client that sends the ad anew with every word it types."""
    connection = http.client.HTTPConnection(address)
    times = []
    for number in range(TYPED):
        body = json.dumps({"title": "Social media manager", "text": f"{text} word{number}"})
        start = time.perf_counter()
        connection.request("POST", "/api/v1/score", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - start) * 1e3)
        assert answer.status == 200
    cuts = statistics.quantiles(times, n=100)
    return f"One client alone, {TYPED:,} times another word: median {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms."


def keys():
    """From a key to its highlights in the browser, as its test prints them."""
    if not shutil.which("node") or not (BROWSER / "node_modules").is_dir():
        return []
    command = ["node", "--test", "--test-reporter=tap", "latency.test.mjs"]
    out = subprocess.run(command, cwd=BROWSER, env={**os.environ, "TACHLES": str(TACHLES)}, capture_output=True, text=True).stdout
    found = re.findall(r"# (\w+): (\d+ keys in an ad .*)|# (\d+ requests, .*)|# (milliseconds of the page's .*)", out)
    said = [" ".join(filter(None, parts)) for parts in found]
    return [f"- {line}" for line in said] or ["- the test in the browser did not end well"]


def section(options):
    """The whole section."""
    text = ad_of(500)
    began = os.getloadavg()[0]
    lines = ["| 64 connections | requests/s | median | p99 | processor time of the server a request | memory |".replace("64", str(options.connections)), "|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        command = [TACHLES, "serve", "--listen", "127.0.0.1:0", "-q"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = server.stdout.readline().strip().removeprefix("http://").rstrip("/")
                start = resident(server.pid)
                ad = {"title": "Social media manager", "text": text}
                row = lambda *what: lines.append(load(*what, server.pid, options, folder))
                row("`/healthz`", address, "/healthz", None)
                alone = typed(address, text)
                row("`/api/v1/score`", address, "/api/v1/score", ad)
                row("`/api/v1/score`, once more", address, "/api/v1/score", ad)
                row("`/api/v1/score` with advice", address, "/api/v1/score", {**ad, "advice": True})
            finally:
                server.terminate()
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "?")
    machine = f"{options.seconds} s each on {os.cpu_count()} virtual cores ({cpu}), {platform.system()}, shared with the client; load when it began {began:.1f}; memory at the start {start:.0f} MB."
    return "\n".join([machine, "", *lines, "", alone, "", *keys()])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--write", action="store_true", help="put the section into docs/BENCHMARKS.md")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is needed: apt-get install wrk")
    table = section(options)
    print(table)
    if options.write:
        document = DOC.read_text(encoding="utf-8")
        begin, end = "<!-- begin web -->", "<!-- end web -->"
        if begin not in document or end not in document:
            sys.exit("docs/BENCHMARKS.md has no place for `web`")
        head, rest = document.split(begin, 1)
        DOC.write_text(f"{head}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()

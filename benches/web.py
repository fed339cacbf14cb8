#!/usr/bin/env python3
"""Load on `tachles serve`: requests a second, latency and memory over a minute with 64 connections on loopback.

    cargo build --release
    benches/web.py [SECONDS [CONNECTIONS]]          # TACHLES names another binary

Needs wrk (Debian's package of that name) and nothing else. Asked are `/healthz`, which is what the HTTP stack costs, and `/api/v1/score` with an ad of
about 500 words without advice. Then one client alone sends the same ad a thousand times, each with another word typed, as the page does.
"""

import csv
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TACHLES = os.environ.get("TACHLES", ROOT / "target/release/tachles")
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
CONNECTIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 64
TYPED = 1000


def ad_of(words):
    """The text of authored ads, one after another, cut at so many words."""
    with open(ROOT / "data/labeled/ads.csv", newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file) if row["lang"] == "en"]
    return " ".join(" ".join(texts).split(" ")[:words])


def resident(pid):
    """Resident memory of the process in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


def load(address, path, body, folder):
    """One run of wrk; gives its figures."""
    script = folder / "ask.lua"
    lines = ["wrk.method = 'POST'" if body else "wrk.method = 'GET'"]
    if body:
        lines += ["wrk.headers['Content-Type'] = 'application/json'", f"wrk.body = io.open({str(folder / 'body')!r}):read('*a')"]
        (folder / "body").write_text(body, encoding="utf-8")
    script.write_text("\n".join(lines), encoding="utf-8")
    out = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "--timeout", "30s", "-s", script, f"http://{address}{path}"],
        check=True, capture_output=True, text=True,
    ).stdout
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    rate, half, most = (re.search(name + r"\s+(\S+)", out).group(1) for name in ("Requests/sec:", "50%", "99%"))
    return f"{rate:>10} requests/s, p50 {half}, p99 {most}"


def typed(address, text):
    """Times of one client that sends the ad anew with every word it types, in milliseconds."""
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
    return f"p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms"


def main():
    text = ad_of(500)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        command = [TACHLES, "serve", "--listen", "127.0.0.1:0", "-q"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = server.stdout.readline().strip().removeprefix("http://").rstrip("/")
                print(f"load average {os.getloadavg()[0]:.1f}, memory at the start {resident(server.pid):.0f} MB")
                print(f"healthz  {load(address, '/healthz', '', folder)}")
                print(f"typing   {typed(address, text)}")
                for _ in range(2):
                    body = json.dumps({"title": "Social media manager", "text": text})
                    print(f"score    {load(address, '/api/v1/score', body, folder)}; memory after it {resident(server.pid):.0f} MB")
                print(f"load average {os.getloadavg()[0]:.1f}")
            finally:
                server.terminate()


if __name__ == "__main__":
    main()

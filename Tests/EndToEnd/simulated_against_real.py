#!/usr/bin/env python3
"""Runs the same profiles really and in simulation, and compares what viewers saw.

The embedded origin serves its synthetic stream from two edges that send each response at a limited rate, after a delay.
The simulated edges are told the same, and the stream's ladder. Then must hold:

* mean bit rate within 5 %;
* rebuffer ratio within one percentage point;
* startup time p50 within 15 %.

Usage: simulated_against_real.py FULLHOUSE_EXECUTABLE [--keep] [--json]

Everything happens on loopback in a temporary folder and ends with the script; it takes some four minutes.
"""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# name, stream, content, rates in Mbit/s of the two edges, viewers
CASES = [
    ("vod-ample", "vod", {"duration": "120 s", "segment": "4 s"}, (12, 20), 20),
    ("vod-tight", "vod", {"duration": "120 s", "segment": "4 s"}, (2.5, 5), 20),
    ("vod-starved", "vod", {"duration": "120 s", "segment": "4 s"}, (0.35, 1.2), 20),
    ("live", "live", {"segment": "2 s", "window": "15"}, (4, 9), 20),
]
DELAYS = (40, 120)  # ms


def fail(message):
    print(f"simulated-against-real: FAILED: {message}", file=sys.stderr)
    sys.exit(1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def profile(name, stream, content, rates, viewers, port):
    lines = [
        f"name: {name}",
        "seed: 11",
        f'streams: {{main: "http://127.0.0.1:{port}/{stream}/a/master.m3u8"}}',
        "audience:",
        f"  viewers: {viewers}",
        "  arrivals: constant",
        "  over: 10 s",
        "  watch: 40 s",
        "  regions:",
        "    near: {share: 1, edges: [127.0.0.1]}",
        "    far: {share: 1, edges: [127.0.0.2]}",
        "simulation:",
        "  edges:",
    ]
    for region, address, rate, delay in zip(("near", "far"), ("127.0.0.1", "127.0.0.2"), rates, DELAYS):
        lines.append(
            f"    {region}: {{response rate: {rate} Mbit/s, delay: {delay} ms, regions: [{region}]}}")
    settings = ["ladder: [400 kbit/s, 1200 kbit/s, 3000 kbit/s, 6000 kbit/s]", "audio: 96 kbit/s", "variation: 10%"]
    settings += [f"{key}: {value}" for key, value in content.items()]
    lines.append("  content: {" + ", ".join(settings) + "}")
    return "\n".join(lines) + "\n"


def summary(fullhouse, command, path, folder):
    output = os.path.join(folder, command)
    run = subprocess.run(
        [fullhouse, command, path, "--output", output, "--quiet"], capture_output=True, text=True, timeout=300)
    if run.returncode not in (0, 2):
        fail(f"{command} ended with {run.returncode}: {run.stderr.strip()}")
    found = glob.glob(output + "/*/summary.json")
    if len(found) != 1:
        fail(f"{command} left {len(found)} summaries")
    with open(found[0]) as file:
        return json.load(file)


def figures(document):
    sessions = document["sessions"]
    return {
        "bit_rate": sessions["mean_bit_rate"],
        "rebuffer_ratio": sessions["rebuffer_ratio"],
        "startup_p50": sessions["startup_time"]["p50"],
        "plays": sessions["plays"],
    }


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(arguments) != 1:
        fail("name the fullhouse executable")
    fullhouse = os.path.abspath(arguments[0])
    folder = tempfile.mkdtemp(prefix="simulated-against-real-")
    results, problems = [], []
    try:
        for name, stream, content, rates, viewers in CASES:
            port = free_port()
            edges = []
            for address, pop, rate, delay in zip(("127.0.0.1", "127.0.0.2"), ("near", "far"), rates, DELAYS):
                edges += ["--edge", f"{address}:{port},pop={pop},cap={rate}Mbit/s,delay={delay}ms"]
            origin = subprocess.Popen(
                [fullhouse, "origin", *edges], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                time.sleep(2)
                path = os.path.join(folder, name + ".yaml")
                with open(path, "w") as file:
                    file.write(profile(name, stream, content, rates, viewers, port))
                own = os.path.join(folder, name)
                real = figures(summary(fullhouse, "run", path, own))
                simulated = figures(summary(fullhouse, "simulate", path, own))
            finally:
                origin.send_signal(signal.SIGINT)
                origin.wait(timeout=20)
            rate = simulated["bit_rate"] / real["bit_rate"] - 1
            stalls = simulated["rebuffer_ratio"] - real["rebuffer_ratio"]
            startup = simulated["startup_p50"] / real["startup_p50"] - 1
            results.append({"case": name, "real": real, "simulated": simulated})
            print(
                f"{name}: bit rate {real['bit_rate'] / 1e6:.3f} / {simulated['bit_rate'] / 1e6:.3f} Mbit/s"
                f" ({rate:+.1%}), rebuffer ratio {real['rebuffer_ratio']:.2%} / {simulated['rebuffer_ratio']:.2%}"
                f" ({stalls * 100:+.2f} points), startup p50 {real['startup_p50']:.3f} / {simulated['startup_p50']:.3f} s"
                f" ({startup:+.1%})", flush=True)
            if real["plays"] != viewers or simulated["plays"] != viewers:
                problems.append(f"{name}: {real['plays']} and {simulated['plays']} of {viewers} viewers played")
            if abs(rate) > 0.05:
                problems.append(f"{name}: the bit rates differ by {rate:+.1%} (limit 5 %)")
            if abs(stalls) > 0.01:
                problems.append(f"{name}: the rebuffer ratios differ by {stalls * 100:+.2f} points (limit 1)")
            if abs(startup) > 0.15:
                problems.append(f"{name}: startup p50 differs by {startup:+.1%} (limit 15 %)")
    finally:
        if "--keep" in sys.argv:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if "--json" in sys.argv:
        print(json.dumps(results, indent=2))
    if problems:
        fail("; ".join(problems))
    print("simulated-against-real: OK")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the same profiles really and in simulation, and compares what viewers saw.

The embedded origin serves its synthetic stream from two edges that are limited: each response by itself (`cap`), or all
that an edge sends together (`capacity`). The simulated edges are told the same, and the stream's ladder. Then must hold:

* mean bit rate within 5 %;
* rebuffer ratio within one percentage point;
* startup time p50 within 15 %.

The real runs go on side by side, each with an origin of its own: together they send some 300 Mbit/s, which is far from
what two processors can do. How late the tester's own loops were is shown; where that is much, look there first.

Usage: simulated_against_real.py FULLHOUSE_EXECUTABLE [--only CASE]… [--keep] [--json]

Everything happens on loopback in a temporary folder and ends with the script; it takes about a minute and a half.
"""

import argparse
import concurrent.futures
import dataclasses
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

BIT_RATE_LIMIT = 0.05
REBUFFER_LIMIT = 0.01
STARTUP_LIMIT = 0.15
# Live segments appear every other second of the wall clock, in simulation from the run's begin.
LIVE_SEGMENT = 2
# What the program needs until its run begins, in seconds, about.
LEAD = 0.1
# Loops that are later than that (p99, in seconds) were disturbed: nothing in these profiles keeps two processors busy.
LATENESS_LIMIT = 0.02

ADDRESSES = ("127.0.0.1", "127.0.0.2")
REGIONS = ("near", "far")
DELAYS = (40, 120)  # ms
# Uneven, so that the median viewer is amid those of one region and not at the border between two.
SHARES = (1, 2)


@dataclasses.dataclass
class Case:
    """One profile: its stream, and what the two edges give, in Mbit/s."""

    name: str
    stream: str = "vod"
    caps: tuple = (None, None)
    capacities: tuple = (None, None)
    viewers: int = 20
    over: float = 10  # seconds in which they come
    watch: float = 40  # seconds that they stay
    port: int = 0

    def edges(self):
        """The origin's `--edge` options."""
        for address, region, delay, cap, capacity in zip(ADDRESSES, REGIONS, DELAYS, self.caps, self.capacities):
            edge = f"{address}:{self.port},pop={region},delay={delay}ms"
            if cap:
                edge += f",cap={cap}Mbit/s"
            if capacity:
                edge += f",capacity={capacity}Mbit/s"
            yield from ("--edge", edge)

    def profile(self):
        """The profile of the real and of the simulated run."""
        lines = [
            f"name: {self.name}",
            "seed: 11",
            f'streams: {{main: "http://127.0.0.1:{self.port}/{self.stream}/a/master.m3u8"}}',
            "audience:",
            f"  viewers: {self.viewers}",
            "  arrivals: constant",
            f"  over: {self.over} s",
            f"  watch: {self.watch} s",
            "  regions:",
        ]
        for region, address, share in zip(REGIONS, ADDRESSES, SHARES):
            lines.append(f"    {region}: {{share: {share}, edges: [{address}]}}")
        lines += ["simulation:", "  edges:"]
        for region, delay, cap, capacity in zip(REGIONS, DELAYS, self.caps, self.capacities):
            edge = f"    {region}: {{delay: {delay} ms, regions: [{region}]"
            if cap:
                edge += f", response rate: {cap} Mbit/s"
            if capacity:
                edge += f", capacity: {capacity} Mbit/s"
            if self.stream == "live":
                # The embedded origin's edges keep live playlists for half a segment.
                edge += ", playlist lifetime: 1 s"
            lines.append(edge + "}")
        content = ["ladder: [400 kbit/s, 1200 kbit/s, 3000 kbit/s, 6000 kbit/s]", "audio: 96 kbit/s"]
        content += [f"segment: {LIVE_SEGMENT} s", "window: 15"] if self.stream == "live" else ["segment: 4 s", "duration: 120 s"]
        lines.append("  content: {" + ", ".join(content) + "}")
        lines.append("run: {transfers: all}")
        return "\n".join(lines) + "\n"


CASES = [
    Case("vod-ample", caps=(12, 20)),
    Case("vod-tight", caps=(2.5, 5)),
    Case("vod-starved", caps=(0.35, 1.2)),
    Case("live", stream="live", caps=(4, 9)),
    Case("shared-ample", capacities=(150, 200)),
    Case("shared-tight", capacities=(48, 96), viewers=40),
    Case("shared-live", stream="live", capacities=(48, 96), viewers=40),
    Case("flash-crowd", capacities=(14, 28), viewers=60, over=0.3),
]


class Failure(Exception):
    """The comparison cannot be made."""


class Invalid(Failure):
    """A real run was disturbed by the machine, and says nothing about the simulation."""


def give_ports(cases):
    """Gives each case a free port, all of them different."""
    sockets = [socket.socket() for _ in cases]
    for case, own in zip(cases, sockets):
        own.bind((ADDRESSES[0], 0))
        case.port = own.getsockname()[1]
    for own in sockets:
        own.close()


def summary(fullhouse, command, folder):
    """Plays the profile in a folder, and reads the summary of the report."""
    output = os.path.join(folder, command)
    run = subprocess.run(
        [fullhouse, command, os.path.join(folder, "profile.yaml"), "--output", output, "--quiet"],
        capture_output=True, text=True, timeout=240)
    if run.returncode == 2:
        raise Invalid(f"{folder}: the measurement is invalid: {'; '.join(reasons(output))}")
    if run.returncode != 0:
        raise Failure(f"{folder}: {command} ended with {run.returncode}: {run.stderr.strip() or run.stdout.strip()}")
    return document(output)


def document(output):
    """The one summary in a folder of reports."""
    found = glob.glob(output + "/*/summary.json")
    if len(found) != 1:
        raise Failure(f"there are {len(found)} summaries in {output}")
    with open(found[0], encoding="utf-8") as file:
        return json.load(file)


def reasons(output):
    """Why a measurement is invalid, as sentences."""
    return [each["sentence"] if isinstance(each, dict) else str(each) for each in document(output)["validity"]["reasons"]]


def wait_for(origin, port):
    """Waits until both edges listen."""
    for address in ADDRESSES:
        for _ in range(200):
            if origin.poll() is not None:
                raise Failure(f"the origin ended with {origin.returncode}: {origin.stderr.read().strip()}")
            try:
                socket.create_connection((address, port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise Failure(f"the origin does not listen on {address}:{port}")


def run(fullhouse, case, folder):
    """Plays a case against an origin of its own."""
    own = os.path.join(folder, case.name)
    shutil.rmtree(own, ignore_errors=True)
    os.mkdir(own)
    with open(os.path.join(own, "profile.yaml"), "w", encoding="utf-8") as file:
        file.write(case.profile())
    origin = subprocess.Popen(
        [fullhouse, "origin", "--size-variation", "0%", *case.edges()],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(origin, case.port)
        if case.stream == "live":
            time.sleep(-(time.time() + LEAD) % LIVE_SEGMENT)
        return summary(fullhouse, "run", own)
    finally:
        origin.send_signal(signal.SIGINT)
        try:
            origin.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            origin.kill()


def figures(summary_document):
    """What is compared of a summary."""
    sessions = summary_document["sessions"]
    return {
        "bit_rate": sessions["mean_bit_rate"],
        "rebuffer_ratio": sessions["rebuffer_ratio"],
        "startup_p50": sessions["startup_time"]["p50"],
        "plays": sessions["plays"],
        "lateness_p99": max((loop["lateness"]["p99"] for loop in summary_document["tester"]["loops"]), default=0),
    }


def compare(case, real, simulated):
    """Prints a case and returns what is out of bounds, as sentences."""
    rate = simulated["bit_rate"] / real["bit_rate"] - 1
    rebuffers = simulated["rebuffer_ratio"] - real["rebuffer_ratio"]
    startup = simulated["startup_p50"] / real["startup_p50"] - 1
    print(
        f"{case.name}: bit rate {real['bit_rate'] / 1e6:.3f} / {simulated['bit_rate'] / 1e6:.3f} Mbit/s ({rate:+.1%}),"
        f" rebuffer ratio {real['rebuffer_ratio']:.2%} / {simulated['rebuffer_ratio']:.2%}"
        f" ({rebuffers * 100:+.2f} points), startup p50 {real['startup_p50']:.3f} / {simulated['startup_p50']:.3f} s"
        f" ({startup:+.1%}); loops late by {real['lateness_p99'] * 1e3:.0f} ms (p99)", flush=True)
    problems = []
    if real["plays"] != case.viewers or simulated["plays"] != case.viewers:
        problems.append(f"{case.name}: {real['plays']} and {simulated['plays']} of {case.viewers} viewers played")
    if abs(rate) > BIT_RATE_LIMIT:
        problems.append(f"{case.name}: the bit rates differ by {rate:+.1%} (limit 5 %)")
    if abs(rebuffers) > REBUFFER_LIMIT:
        problems.append(f"{case.name}: the rebuffer ratios differ by {rebuffers * 100:+.2f} points (limit 1)")
    if abs(startup) > STARTUP_LIMIT:
        problems.append(f"{case.name}: startup p50 differs by {startup:+.1%} (limit 15 %)")
    return problems


def judge(fullhouse, case, folder, pending):
    """Compares a real run with the simulation; a run that the machine disturbed is made again, with nothing beside it.

    Returns the figures and what is out of bounds.
    """
    own = os.path.join(folder, case.name)
    simulated = figures(summary(fullhouse, "simulate", own))
    try:
        real = figures(pending.result())
        problems = compare(case, real, simulated)
        if not problems or real["lateness_p99"] <= LATENESS_LIMIT:
            return {"case": case.name, "real": real, "simulated": simulated}, problems
    except Invalid as invalid:
        print(f"{case.name}: {invalid}", flush=True)
    print(f"{case.name}: once more by itself, since the machine was busy", flush=True)
    real = figures(run(fullhouse, case, folder))
    return {"case": case.name, "real": real, "simulated": simulated}, compare(case, real, simulated)


def play(fullhouse, cases, folder):
    """Plays all cases, the real ones side by side, and compares."""
    results, problems = [], []
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        runs = []
        for case in cases:
            runs.append(pool.submit(run, fullhouse, case, folder))
            # Beginning is what costs most, and arrivals must not be late.
            time.sleep(1)
        concurrent.futures.wait(runs)
    for case, pending in zip(cases, runs):
        found, wrong = judge(fullhouse, case, folder, pending)
        results.append(found)
        problems += wrong
    return results, problems


def main():
    parser = argparse.ArgumentParser(description="Compares simulated runs with real ones.")
    parser.add_argument("fullhouse", help="the fullhouse executable")
    parser.add_argument("--only", action="append", metavar="CASE", choices=[case.name for case in CASES])
    parser.add_argument("--keep", action="store_true", help="keep the reports")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, too")
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.only or case.name in arguments.only]
    give_ports(cases)
    folder = tempfile.mkdtemp(prefix="simulated-against-real-")
    try:
        results, problems = play(os.path.abspath(arguments.fullhouse), cases, folder)
    except (Failure, subprocess.TimeoutExpired) as failure:
        results, problems = [], [str(failure)]
    finally:
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        print(json.dumps(results, indent=2))
    if problems:
        print("simulated-against-real: FAILED: " + "; ".join(problems), file=sys.stderr)
        sys.exit(1)
    print("simulated-against-real: OK")


if __name__ == "__main__":
    main()

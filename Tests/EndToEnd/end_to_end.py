#!/usr/bin/env python3
"""Plays real media from a real server and checks the report against both.

ffmpeg makes the media (HLS VOD with audio apart, HLS live that it keeps writing, DASH with a timeline, DASH in single
files), nginx serves them in clear and over TLS, and fullhouse plays them with some hundred viewers. Then:

* every request and every byte in nginx's access log must stand in the report, and none more;
* what was played must be what the media are: durations, declared bit rates, outcomes;
* behind nginx's own token gate (secure_link, by query and by cookie) nobody with a ticket is refused, and of the requests
  that must be refused exactly those are leaks that the one edge without the check let in;
* a certificate that does not verify, and a playlist that is HTML, must end in one clear sentence.

Usage: end_to_end.py FULLHOUSE_EXECUTABLE [--keep]

Needs nginx, ffmpeg and openssl. Everything happens on loopback in a temporary folder and ends with the script.
"""

import collections
import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DURATION = 24  # seconds of every VOD stream
VIEWERS = 200
GATE_KEY = "a-key-of-this-test-9f3c"


def fail(message):
    print(f"end-to-end: FAILED: {message}", file=sys.stderr)
    sys.exit(1)


def need(program):
    path = shutil.which(program) or next(
        (p for p in (f"/usr/sbin/{program}", f"/sbin/{program}") if os.path.exists(p)), None)
    if path is None:
        fail(f"the program {program} is missing; install it (.ci/run shows the packages)")
    return path


def free_ports(count):
    """Ports that nobody listens on; held open together so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class House:
    """The folder, the media, nginx and the live encoder."""

    def __init__(self, executable):
        self.executable = os.path.abspath(executable)
        self.folder = tempfile.mkdtemp(prefix="fullhouse-e2e-")
        self.media = os.path.join(self.folder, "media")
        self.log = os.path.join(self.folder, "access.log")
        self.port, self.tls_port, self.query_port, self.cookie_port = free_ports(4)
        self.processes = []
        for name in ("vod", "live", "dash", "dash-live", "single", "logs", "broken"):
            os.makedirs(os.path.join(self.media if name != "logs" else self.folder, name))

    # -- media ------------------------------------------------------------------------------------------------------

    def ffmpeg(self, *arguments, wait=True):
        command = [need("ffmpeg"), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments]
        if not wait:
            process = subprocess.Popen(command)
            self.processes.append(process)
            return process
        subprocess.run(command, check=True, timeout=300)
        return None

    @staticmethod
    def source(seconds):
        return ["-f", "lavfi", "-i", f"testsrc2=size=480x270:rate=25:duration={seconds}",
                "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}"]

    @staticmethod
    def ladder(segment):
        """Two video tracks and one audio track with key frames at segment boundaries."""
        keys = ["-g", str(25 * segment), "-keyint_min", str(25 * segment), "-sc_threshold", "0"]
        return ["-map", "0:v", "-map", "0:v", "-map", "1:a",
                "-c:v", "libx264", "-preset", "ultrafast", *keys,
                "-b:v:0", "250k", "-maxrate:v:0", "300k", "-bufsize:v:0", "300k", "-s:v:0", "320x180",
                "-b:v:1", "900k", "-maxrate:v:1", "1000k", "-bufsize:v:1", "1000k",
                "-c:a", "aac", "-b:a", "64k"]

    def make_media(self):
        self.ffmpeg(*self.source(DURATION), *self.ladder(2), "-f", "hls", "-hls_time", "2",
                    "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-master_pl_name", "master.m3u8",
                    "-var_stream_map", "a:0,agroup:aud,name:audio v:0,agroup:aud,name:low v:1,agroup:aud,name:high",
                    "-hls_segment_filename", f"{self.media}/vod/%v_%d.m4s", f"{self.media}/vod/%v.m3u8")
        self.ffmpeg(*self.source(DURATION), *self.ladder(2), "-f", "dash", "-seg_duration", "2", "-use_timeline", "1",
                    "-use_template", "1", "-adaptation_sets", "id=0,streams=v id=1,streams=a",
                    f"{self.media}/dash/manifest.mpd")
        self.ffmpeg(*self.source(DURATION), *self.ladder(2), "-f", "dash", "-seg_duration", "2", "-single_file", "1",
                    "-global_sidx", "1", "-adaptation_sets", "id=0,streams=v id=1,streams=a",
                    f"{self.media}/single/manifest.mpd")
        with open(f"{self.media}/broken/master.m3u8", "w") as page:
            page.write("<!DOCTYPE html><html><body>Sorry, we are being maintained.</body></html>")

    def start_live(self):
        live = self.ffmpeg("-re", *self.source(600), *self.ladder(2), "-f", "hls", "-hls_time", "2",
                           "-hls_list_size", "8", "-hls_delete_threshold", "6",
                           "-hls_flags", "delete_segments+program_date_time", "-hls_segment_type", "fmp4",
                           "-master_pl_name", "master.m3u8",
                           "-var_stream_map", "a:0,agroup:aud,name:audio v:0,agroup:aud,name:low v:1,agroup:aud,name:high",
                           "-hls_segment_filename", f"{self.media}/live/%v_%d.m4s", f"{self.media}/live/%v.m3u8",
                           wait=False)
        self.await_segments(live, f"{self.media}/live/high.m3u8", lambda text: text.count("#EXTINF"))
        return live

    def start_live_dash(self):
        live = self.ffmpeg("-re", *self.source(600), *self.ladder(2), "-f", "dash", "-seg_duration", "2",
                           "-window_size", "8", "-extra_window_size", "6", "-use_timeline", "1", "-use_template", "1",
                           "-adaptation_sets", "id=0,streams=v id=1,streams=a",
                           f"{self.media}/dash-live/manifest.mpd", wait=False)
        self.await_segments(live, f"{self.media}/dash-live/manifest.mpd", self.timeline_entries)
        return live

    @staticmethod
    def timeline_entries(text):
        """The segments of the first timeline: each S and its repeats."""
        first = text.split("</SegmentTimeline>")[0]
        return sum(1 + int((re.search(r'r="(\d+)"', entry) or [0, 0])[1]) for entry in re.findall(r"<S [^>]*>", first))

    @staticmethod
    def await_segments(encoder, path, count):
        deadline = time.time() + 60
        while time.time() < deadline:
            if encoder.poll() is not None:
                fail("ffmpeg's live stream ended by itself")
            try:
                with open(path) as manifest:
                    if count(manifest.read()) >= 6:
                        return
            except FileNotFoundError:
                pass
            time.sleep(0.2)
        fail("ffmpeg's live stream did not get going")

    @staticmethod
    def end(encoder):
        encoder.terminate()
        encoder.wait(timeout=20)

    # -- nginx ------------------------------------------------------------------------------------------------------

    def start_nginx(self):
        subprocess.run(
            [need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cdn.test",
             "-addext", "subjectAltName=DNS:cdn.test", "-keyout", f"{self.folder}/key.pem", "-out",
             f"{self.folder}/certificate.pem"], check=True, stderr=subprocess.DEVNULL)
        configuration = f"""
            daemon off; master_process off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log warn;
            worker_rlimit_nofile 20000;
            events {{ worker_connections 8000; }}
            http {{
              types {{ application/vnd.apple.mpegurl m3u8; application/dash+xml mpd; video/mp4 mp4 m4s; }}
              default_type application/octet-stream;
              log_format plain '$server_port $status $body_bytes_sent $request_method $uri';
              log_format gate '$server_addr $status $body_bytes_sent $request_method $uri link=$secure_link;';
              access_log {self.log} plain;
              client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2; fastcgi_temp_path {self.folder}/t3;
              uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
              sendfile on; tcp_nopush on; keepalive_requests 1000000; keepalive_timeout 300s;
              server {{ listen 127.0.0.1:{self.port} backlog=4096; root {self.media}; }}
              server {{ listen 127.0.0.1:{self.tls_port} ssl http2 backlog=4096; root {self.media};
                ssl_certificate {self.folder}/certificate.pem; ssl_certificate_key {self.folder}/key.pem; }}
              {self.gates()}
            }}"""
        path = f"{self.folder}/nginx.conf"
        with open(path, "w") as file:
            file.write(configuration)
        process = subprocess.Popen([need("nginx"), "-p", self.folder, "-c", path], stderr=subprocess.DEVNULL)
        self.processes.append(process)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
                return
            except OSError:
                if process.poll() is not None:
                    fail("nginx did not start: " + open(f"{self.folder}/error.log").read())
                time.sleep(0.05)
        fail("nginx does not listen")

    def gates(self):
        """Three edges for each way to show a token; the third has forgotten to look at it."""
        servers = ""
        for port, source in ((self.query_port, "arg"), (self.cookie_port, "cookie")):
            for number in (1, 2, 3):
                check = "" if number == 3 else 'if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; }'
                servers += f"""
                  server {{ listen 127.0.0.{number}:{port} backlog=4096; root {self.media}; access_log {self.log} gate;
                    secure_link ${source}_md5,${source}_expires;
                    secure_link_md5 "$secure_link_expires$uri {GATE_KEY}";
                    {check} }}"""
        return servers

    def stop(self, keep):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- runs -------------------------------------------------------------------------------------------------------

    def run(self, name, profile, expect):
        """Runs a profile; gives standard error and the run's folder (None when there is none)."""
        path = f"{self.folder}/{name}.yaml"
        with open(path, "w") as file:
            file.write(profile)
        open(self.log, "w").close()  # nginx appends: an emptied file goes on from its begin
        output = f"{self.folder}/{name}-reports"
        ended = subprocess.run([self.executable, "run", path, "--output", output, "--quiet"], capture_output=True,
                               text=True, timeout=300)
        if ended.returncode == 2 and expect == 0:
            # The counts must agree on a busy machine too; only the times would not be worth much.
            print(f"end-to-end: {name}: note: the machine was too busy for this run's times to be believed")
        elif ended.returncode != expect:
            fail(f"{name}: status {ended.returncode} instead of {expect}\n{ended.stdout}\n{ended.stderr}")
        folders = sorted(os.listdir(output)) if os.path.isdir(output) else []
        return ended, os.path.join(output, folders[-1]) if folders else None

    def logged(self):
        """What nginx logged since the run began, once the last line is there."""
        lines, before = [], None
        for _ in range(50):
            lines = open(self.log).read().splitlines()
            if lines == before:
                break
            before = lines
            time.sleep(0.2)
        return [line.split(" ", 4) for line in lines]


def compare(name, house, folder):
    """Requests, bytes and statuses of the report against nginx's access log; they must agree exactly."""
    summary = json.load(open(f"{folder}/summary.json"))
    log = house.logged()
    transfers = summary["transfers"]
    counted = transfers["all"]["count"]
    if counted != len(log):
        fail(f"{name}: the report has {counted} transfers, nginx logged {len(log)} requests")
    sent = sum(int(line[2]) for line in log)
    received = transfers["all"]["bytes"]
    if received != sent:
        fail(f"{name}: the report has {received} bytes, nginx sent {sent}")
    if transfers["cancelled"]["count"] != 0:
        fail(f"{name}: {transfers['cancelled']['count']} transfers were cancelled; viewers are to finish them")
    statuses = collections.Counter(line[1] for line in log)
    reported = {str(entry["status"]): entry["count"] for entry in transfers["by_status"]}
    if reported != dict(statuses):
        fail(f"{name}: statuses {reported} in the report, {dict(statuses)} at nginx")
    print(f"end-to-end: {name}: {counted} requests and {received} bytes agree with nginx's log; statuses {reported}")
    return summary, log


def sessions(folder):
    with open(f"{folder}/sessions.csv", newline="") as file:
        return list(csv.DictReader(file))


def check_vod(name, folder, streams, bit_rates):
    """Every VOD session played the whole film at bit rates that the ladder has, without a stop."""
    checked = 0
    for row in sessions(folder):
        if row["stream"] not in streams:
            continue
        checked += 1
        who = f"{name}: session {row['session']} on {row['stream']}"
        if row["outcome"] != "ended":
            fail(f"{who} came to '{row['outcome']}' ({row['failure']})")
        if abs(float(row["rendered_s"]) - DURATION) > 0.1:
            fail(f"{who} rendered {row['rendered_s']} s of {DURATION} s")
        if abs(float(row["played_s"]) - DURATION) > 0.2:
            fail(f"{who} played for {row['played_s']} s")
        low, high = bit_rates[row["stream"]]
        if not low - 1 <= float(row["mean_bit_rate_bps"]) <= high + 1:
            fail(f"{who} has a mean bit rate of {row['mean_bit_rate_bps']}, the ladder goes from {low} to {high}")
        if not 0 < float(row["startup_s"]) < 10:
            fail(f"{who} took {row['startup_s']} s to start")
    if checked == 0:
        fail(f"{name}: no session played {streams}")
    print(f"end-to-end: {name}: {checked} sessions played {DURATION} s each, within the declared ladder")


def check_segments(house, log):
    """Each VOD viewer fetched each segment of one video track and of the audio once: the log says so too."""
    count = collections.Counter(re.sub(r"(low|high)_", "video_", line[4]) for line in log)
    per_segment = {uri: n for uri, n in count.items() if re.match(r"/vod/(video|audio)_\d+\.m4s", uri)}
    if len(set(per_segment.values())) != 1:
        fail(f"not every segment of /vod was fetched equally often: {per_segment}")
    segments = DURATION // 2
    if len([u for u in per_segment if "video" in u]) != segments:
        fail(f"/vod has {segments} video segments, fetched were {sorted(per_segment)}")


def declared(house):
    """The lowest and highest declared bit rates of each VOD stream."""
    master = open(f"{house.media}/vod/master.m3u8").read()
    hls = [int(b) for b in re.findall(r"#EXT-X-STREAM-INF:BANDWIDTH=(\d+)", master)]
    result = {"vod-hls": (min(hls), max(hls))}
    for stream, folder in (("vod-dash", "dash"), ("single-dash", "single")):
        mpd = open(f"{house.media}/{folder}/manifest.mpd").read()
        video = re.search(r'<AdaptationSet[^>]*contentType="video".*?</AdaptationSet>', mpd, re.S).group(0)
        rates = [int(b) for b in re.findall(r'bandwidth="(\d+)"', video)]
        result[stream] = (min(rates), max(rates))
    return result


def plain_run(house):
    base = f"http://127.0.0.1:{house.port}"
    ended, folder = house.run("plain", f"""
name: plain
seed: 3
streams:
  vod-hls: {base}/vod/master.m3u8
  vod-dash: {base}/dash/manifest.mpd
  single-dash: {base}/single/manifest.mpd
audience: {{viewers: {VIEWERS}, arrivals: ramp, over: 8 s}}
thresholds: [failed sessions == 0]
""", 0)
    summary, log = compare("plain", house, folder)
    check_vod("plain", folder, {"vod-hls", "vod-dash", "single-dash"}, declared(house))
    check_segments(house, log)
    if summary["sessions"]["attempts"] != VIEWERS:
        fail(f"plain: {summary['sessions']['attempts']} attempts of {VIEWERS} viewers")


def live_run(house, name, path, encoder):
    base = f"http://127.0.0.1:{house.port}"
    ended, folder = house.run(name, f"""
name: {name}
streams: {{live: '{base}{path}'}}
audience: {{viewers: 100, arrivals: constant, over: 6 s, watch: 20 s}}
thresholds: [failed sessions == 0]
""", 0)
    house.end(encoder)
    compare(name, house, folder)
    rows = sessions(folder)
    if any(row["outcome"] != "quit" for row in rows):
        fail(f"{name}: outcomes {collections.Counter(row['outcome'] for row in rows)}; all were to leave after 20 s")
    latencies = [float(row["live_latency_mean_s"]) for row in rows]
    # HLS: three segments of 2 s behind the edge; DASH: the 4 s that ffmpeg suggests; up to a segment more at the start.
    low, high = (5.5, 10.5) if path.endswith("m3u8") else (3.5, 8.5)
    if not all(low < latency < high for latency in latencies):
        fail(f"{name}: mean latencies from {min(latencies)} to {max(latencies)} s")
    print(f"end-to-end: {name}: {len(rows)} viewers, mean latency {min(latencies):.2f} to {max(latencies):.2f} s")


def tls_run(house, version):
    _, folder = house.run(f"tls-{version}", f"""
name: tls-{version}
targets: {{allow: [cdn.test]}}
streams:
  vod-hls: https://cdn.test:{house.tls_port}/vod/master.m3u8
  vod-dash: https://cdn.test:{house.tls_port}/dash/manifest.mpd
http: {{version: '{version}', certificate authorities: {house.folder}/certificate.pem}}
audience:
  viewers: 100
  arrivals: ramp
  over: 6 s
  regions: {{all: {{edges: [127.0.0.1]}}}}
thresholds: [failed sessions == 0]
""", 0)
    compare(f"TLS with HTTP/{version}", house, folder)
    check_vod(f"TLS with HTTP/{version}", folder, {"vod-hls", "vod-dash"}, declared(house))


def inspections(house):
    """What `inspect` says of each stream is what stands in nginx's folder, and what ffmpeg was told to make."""
    base = f"http://127.0.0.1:{house.port}"
    for path in ("vod/master.m3u8", "dash/manifest.mpd", "single/manifest.mpd"):
        ended = subprocess.run([house.executable, "inspect", f"{base}/{path}", "--json"], capture_output=True, text=True,
                               timeout=60)
        if ended.returncode != 0:
            fail(f"inspect {path}: status {ended.returncode}\n{ended.stderr}")
        report = json.loads(ended.stdout)
        lists = [playlist["segments"] for playlist in report["playlists"] if playlist["segments"]]
        for period in report["periods"]:
            lists += [track["segments"] for group in period["switchingSets"] for track in group["tracks"]
                      if track.get("segments")]
        if len(lists) != 3:
            fail(f"inspect {path}: {len(lists)} lists of segments, two of video and one of audio were packaged")
        for segments in lists:
            length = sum(segment["duration"] for segment in segments)
            if abs(length - DURATION) > 0.1:
                fail(f"inspect {path}: segments of {length} s in all, {DURATION} s were packaged")
            for segment in segments:
                file = segment["uri"].replace(base, house.media)
                size = os.path.getsize(file)
                given = segment.get("byteRange")
                if given and given["offset"] + given["length"] > size:
                    fail(f"inspect {path}: {given} lies beyond the {size} bytes of {file}")
        print(f"end-to-end: inspect {path}: {[len(segments) for segments in lists]} segments, all there")
    ended = subprocess.run([house.executable, "inspect", f"{base}/broken/master.m3u8"], capture_output=True, text=True,
                           timeout=60)
    if ended.returncode == 0 or "HTML page" not in ended.stderr:
        fail(f"inspect of a page: status {ended.returncode}\n{ended.stderr}")


def gate_run(house, placement, port, edges, expect):
    """Viewers with tickets of nginx's own making, and probes without: who got in is what nginx says."""
    name = f"gate-{placement}-{len(edges)}"
    with open(f"{house.folder}/gate.key", "w") as file:
        file.write(GATE_KEY)
    _, folder = house.run(name, f"""
name: {name}
streams: {{vod: 'http://127.0.0.1:{port}/vod/master.m3u8'}}
access:
  token:
    scheme: nginx-secure-link
    key: file:{house.folder}/gate.key
    placement: {placement}
    lifetime: 10 s
    options: {{expression: "$secure_link_expires$uri $secret"}}
  probes: {{all: 10%, every: 5 s}}
audience:
  viewers: 30
  arrivals: constant
  over: 5 s
  regions: {{all: {{edges: [{", ".join(edges)}]}}}}
thresholds: [failed sessions == 0, refused sessions == 0, gate probes >= 50]
""", expect)
    summary = json.load(open(f"{folder}/summary.json"))
    gate, log = summary["gate"], house.logged()
    if summary["sessions"]["refused_sessions"] != 0 or summary["sessions"]["plays"] != 30:
        fail(f"{name}: {summary['sessions']['refused_sessions']} viewers with tickets were refused")
    if summary["transfers"]["all"]["count"] + gate["tried"] != len(log):
        fail(f"{name}: {summary['transfers']['all']['count']} transfers and {gate['tried']} probes, "
             f"{len(log)} requests in nginx's log")
    if gate["inconclusive"] != 0:
        fail(f"{name}: {gate['inconclusive']} probes had no clear answer")
    leaks = collections.Counter(line[0] for line in log if line[1] in ("200", "206") and "link=1;" not in line[4])
    refused = collections.Counter(line[0] for line in log if line[1] in ("403", "410"))
    for counted, key, of in ((leaks, "leaked", "leaks"), (refused, "refused", "refusals")):
        reported = collections.Counter()
        for row in gate["list"]:
            reported[row["edge"]] += row[key]
        if {e: n for e, n in reported.items() if n} != dict(counted):
            fail(f"{name}: {of} {dict(reported)} in the report, {dict(counted)} in nginx's log")
    if ("127.0.0.3" in edges) != (sum(leaks.values()) > 0):
        fail(f"{name}: leaks {dict(leaks)}, with the edges {edges}")
    traces = "".join(open(f"{folder}/{file}", errors="replace").read() for file in os.listdir(folder))
    if GATE_KEY in traces or "md5=" in traces:
        fail(f"{name}: a key or a token stands in the run's files")
    print(f"end-to-end: {name}: {gate['tried']} probes, refused {dict(refused)}, leaked {dict(leaks)}, as in nginx's log; "
          f"no viewer with a ticket was refused")


def gates(house):
    every = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    for placement, port in (("query", house.query_port), ("cookie", house.cookie_port)):
        gate_run(house, placement, port, every[:2], 0)
        gate_run(house, placement, port, every, 1)


def wrong_runs(house):
    """What goes wrong must be said in one sentence, with the documented status."""
    def expect(name, uri, status, sentence, extra=""):
        ended, _ = house.run(name, f"name: {name}\nstreams: {{main: '{uri}'}}\naudience: {{viewers: 3, "
                             f"regions: {{all: {{edges: [127.0.0.1]}}}}}}\n"
                             f"player: {{attempts: 1}}\n{extra}", status)
        if sentence not in ended.stderr or "Fatal" in ended.stderr:
            fail(f"{name}: expected '{sentence}' on standard error, found:\n{ended.stderr}")
        print(f"end-to-end: {name}: {ended.stderr.strip().splitlines()[0]}")

    base = f"http://127.0.0.1:{house.port}"
    expect("html", f"{base}/broken/master.m3u8", 3, "HTML page")
    expect("missing", f"{base}/nowhere/master.m3u8", 3, "status 404")
    expect("unreachable", f"http://127.0.0.1:{free_ports(1)[0]}/master.m3u8", 3, "no connection")
    expect("untrusted", f"https://cdn.test:{house.tls_port}/vod/master.m3u8", 3, "does not verify",
           "targets: {allow: [cdn.test]}\n")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    house = House(sys.argv[1])
    keep = "--keep" in sys.argv
    try:
        house.make_media()
        house.start_nginx()
        inspections(house)
        plain_run(house)
        live_run(house, "live-hls", "/live/master.m3u8", house.start_live())
        live_run(house, "live-dash", "/dash-live/manifest.mpd", house.start_live_dash())
        tls_run(house, "1.1")
        tls_run(house, "2")
        gates(house)
        wrong_runs(house)
    finally:
        house.stop(keep)
        if keep:
            print(f"end-to-end: kept {house.folder}")
    print("end-to-end: everything agrees")


if __name__ == "__main__":
    main()

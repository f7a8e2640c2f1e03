"""Checks tokens with programs that are not ours: Python's own hashes, openssl, and nginx itself.

    token_check.py hashes < tokens.json     makes each token again with hashlib and hmac
    token_check.py nginx < requests.json    starts nginx with secure_link and asks it
    token_check.py openssl < policies.json  verifies signatures of CloudFront with openssl

Each prints one JSON object: how many were checked, and what was wrong. The formulas are written here once more on
purpose, from the vendors' pages.
"""
import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse


def url64(raw, padded=False):
    text = base64.urlsafe_b64encode(raw).decode()
    return text if padded else text.rstrip("=")


def bunny(case):
    path = case.get("token_path") or case["path"]
    params = dict(urllib.parse.parse_qsl(case.get("query", ""), keep_blank_values=True))
    for name in ("limit", "token_countries", "token_path"):
        if case.get(name):
            params[name] = case[name]
    text = "&".join(f"{k}={v}" for k, v in sorted(params.items()))
    address = case.get("address")
    head = path + str(case["expires"])
    if case["format"] == "hs256":
        raw = b""
        if address:
            parsed = ipaddress.ip_address(address)
            raw = parsed.packed if parsed.version == 4 else parsed.packed[:8] + bytes(8)
        code = hmac.new(case["key"].encode(), head.encode() + raw + text.encode(), hashlib.sha256).digest()
        return ("HS256-1-" if address else "HS256-") + url64(code)
    if case["format"] == "sha256":
        return url64(hashlib.sha256((case["key"] + head + (address or "") + text).encode()).digest())
    return url64(hashlib.md5((case["key"] + head + (address or "")).encode()).digest())


def keycdn(case):
    return url64(hashlib.md5((case["path"] + case["key"] + str(case["expires"])).encode()).digest())


def cdn77(case):
    path = case["directory"] if "directory" in case else case["path"]
    code = hashlib.md5((str(case["expires"]) + path + case["key"]).encode()).digest()
    return url64(code, padded=True) + "," + str(case["expires"])


def wowza(case):
    pieces = [case["key"], f"{case['prefix']}endtime={case['expires']}"] + case["parameters"]
    if case.get("start"):
        pieces.append(f"{case['prefix']}starttime={case['start']}")
    if case.get("address"):
        pieces.append(case["address"])
    text = case["stream"] + "?" + "&".join(sorted(pieces))
    return url64(hashlib.new(case["algorithm"], text.encode()).digest(), padded=True)


def template(case):
    key = base64.b64decode(case["key"])
    message = case["before"].encode() + (key if case["in message"] else b"") + case["behind"].encode()
    name = case["algorithm"]
    if name.startswith("hmac-"):
        code = hmac.new(key, message, name[5:]).digest()
    else:
        code = hashlib.new(name, message).digest()
    plain = base64.b64encode(code).decode()
    return {
        "hex": code.hex(), "HEX": code.hex().upper(), "base64": plain, "base64-unpadded": plain.rstrip("="),
        "base64url": url64(code), "base64url-padded": url64(code, padded=True),
        "base64-percent": urllib.parse.quote(plain, safe=""),
    }[case["signature"]]


def hashes(cases):
    makers = {"bunny": bunny, "keycdn": keycdn, "cdn77": cdn77, "wowza": wowza, "template": template}
    wrong = [case for case in cases if makers[case["scheme"]](case) != case["token"]]
    return {"checked": len(cases), "wrong": [json.dumps(case) for case in wrong[:10]]}


def openssl(cases):
    """Signatures in CloudFront's base64 over policies, checked with the public key."""
    wrong, checked = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            names = {}
            for name, content in (
                ("key", case["public"].encode()), ("message", case["message"].encode()),
                ("signature", base64.b64decode(case["signature"].translate(str.maketrans("-_~", "+=/"))))):
                names[name] = os.path.join(folder, name)
                with open(names[name], "wb") as file:
                    file.write(content)
            result = subprocess.run(
                ["openssl", "dgst", "-" + case["hash"], "-verify", names["key"], "-signature", names["signature"],
                 names["message"]], capture_output=True, timeout=20)
            checked += 1
            if result.returncode != 0:
                wrong.append(case["name"])
    return {"checked": checked, "wrong": wrong[:10]}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def configuration(gates, ports, folder):
    servers = "".join(
        f"""
  server {{
    listen 127.0.0.1:{port};
    location / {{
      secure_link {gate['link']};
      secure_link_md5 "{gate['expression']}";
      if ($secure_link = "") {{ return 403; }}
      if ($secure_link = "0") {{ return 410; }}
      return 200;
    }}
  }}""" for gate, port in zip(gates, ports))
    places = "".join(f"  {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return (f"daemon off; master_process off; pid {folder}/pid; error_log stderr crit;\n"
            f"events {{ worker_connections 64; }}\nhttp {{\n  access_log off;\n{places}{servers}\n}}\n")


def wait_until_open(port, process):
    for _ in range(100):
        if process.poll() is not None:
            sys.exit("nginx ended at once")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx does not answer")


def ask(port, request):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5, source_address=(request["address"], 0))
    headers = dict(request.get("headers", {}))
    if request.get("cookie"):
        headers["Cookie"] = request["cookie"]
    try:
        connection.request("GET", request["target"], headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def nginx(plan):
    ports = free_ports(len(plan["gates"]))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w") as file:
            file.write(configuration(plan["gates"], ports, folder))
        program = next(p for p in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.path.exists(p))
        process = subprocess.Popen([program, "-p", folder, "-e", "stderr", "-c", path], stdout=subprocess.DEVNULL)
        try:
            wait_until_open(ports[-1], process)
            wrong, counts = [], {}
            for request in plan["requests"]:
                status = ask(ports[request["gate"]], request)
                counts[str(status)] = counts.get(str(status), 0) + 1
                if status != request["expected"]:
                    wrong.append(f"{request['name']}: {status} for {request['target']}, expected {request['expected']}")
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    return {"checked": len(plan["requests"]), "wrong": wrong[:10], "counts": counts}


if __name__ == "__main__":
    # Whoever starts this may have blocked signals, and nginx would inherit that and never hear that it shall end.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    modes = {"hashes": hashes, "nginx": nginx, "openssl": openssl}
    print(json.dumps(modes[sys.argv[1]](json.load(sys.stdin))))

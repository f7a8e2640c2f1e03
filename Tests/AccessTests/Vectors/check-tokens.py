"""Checks tokens with nothing but Python's own library and openssl, from the schemes' public descriptions.

Reads a JSON array of {scheme, values, key, uri, token} on standard input and prints one line for each that is wrong.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
from urllib.parse import unquote, urlsplit


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(algorithm, pem, message, signature):
    """Whether openssl finds a signature right."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, content in [("key", pem.encode()), ("message", message), ("signature", signature)]:
            paths[name] = f"{folder}/{name}"
            with open(paths[name], "wb") as file:
                file.write(content)
        if algorithm == "EdDSA":
            command = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", paths["key"], "-in", paths["message"],
                       "-sigfile", paths["signature"]]
        else:
            command = ["dgst", "-sha256", "-verify", paths["key"], "-signature", paths["signature"], paths["message"]]
        return subprocess.run(["openssl"] + command, capture_output=True).returncode == 0


def der(raw):
    """The DER form of r || s."""
    parts = b""
    for number in (raw[:32], raw[32:]):
        number = number.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] & 0x80 else number
        parts += bytes([2, len(number)]) + number
    return bytes([0x30, len(parts)]) + parts


def cloud(case):
    url, signature = case["uri"].split("&Signature=")
    message = url if "URLPrefix=" not in url else url.split("?")[1]
    code = hmac.new(decode(case["key"]), message.encode(), hashlib.sha1).digest()
    return base64.urlsafe_b64encode(code).decode() == signature


def media(case):
    head, _, last = case["token"].rpartition("~")
    path = urlsplit(case["uri"]).path
    fields = ["FullPath=" + path if field == "FullPath" else field for field in head.split("~")]
    message = "~".join("Headers=X-Device=tv" if field.startswith("Headers=") else field for field in fields).encode()
    algorithm = case["values"]["algorithm"]
    if algorithm == "ed25519":
        return openssl("EdDSA", case["key"], message, decode(last[len("Signature="):]))
    return last == "hmac=" + hmac.new(decode(case["key"]), message, algorithm).hexdigest()


def fastly(case):
    seconds, code = case["token"].split("_")
    message = urlsplit(case["uri"]).path + seconds
    return code == hmac.new(decode(case["key"]), message.encode(), case["values"]["algorithm"]).hexdigest()


def cloudflare(case):
    seconds, _, code = case["token"].partition("-")
    target = case["uri"][len("https://cdn.example.com"):]
    message = target[:target.index("verify=") - 1] + seconds
    expected = hmac.new(case["key"].encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64decode(unquote(code)) == expected and "%3D" in code


def jwt(case):
    signed, _, signature = case["token"].rpartition(".")
    header, payload = (json.loads(decode(part)) for part in signed.split("."))
    algorithm = case["values"]["algorithm"]
    if header != {"alg": algorithm, "typ": "JWT"} or payload["exp"] != 1700000060 or payload["sub"] != 'v"é':
        return False
    if algorithm == "HS256":
        return hmac.new(case["key"].encode(), signed.encode(), hashlib.sha256).digest() == decode(signature)
    raw = decode(signature)
    return openssl(algorithm, case["key"], signed.encode(), der(raw) if algorithm == "ES256" else raw)


def common(case):
    # Tags 61 and 17, an array of four, the header {1: 5}, no other header, the content, the code of 32 bytes.
    raw = decode(case["token"])
    start = bytes.fromhex("d83dd18443a10105a0")
    content, code = raw[len(start):-34], raw[-32:]
    if not raw.startswith(start) or raw[-34:-32] != b"\x58\x20":
        return False
    message = b"\x84\x64MAC0\x43\xa1\x01\x05\x40" + content
    return hmac.new(bytes.fromhex(case["key"]), message, hashlib.sha256).digest() == code


checks = {"google-cloud-cdn": cloud, "google-media-cdn": media, "fastly": fastly, "cloudflare": cloudflare, "jwt": jwt,
          "common-access-token": common}
for number, case in enumerate(json.load(sys.stdin)):
    if not checks[case["scheme"]](case):
        print(number, case["scheme"], case["values"])
print("checked", number + 1)

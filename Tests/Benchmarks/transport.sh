#!/bin/sh
# Measures the transport against a plain C loop, wrk and h2load, with nginx on another core.
#
# usage: Tests/Benchmarks/transport.sh [saturate] [paced] [tls]      (all but tls by default)
#
# Wants two cores, nginx, and (where installed) wrk, h2load and openssl. Everything is on loopback and in a temporary
# folder; nginx gets a port of the system's choice and is ended by its own process number.
set -eu
cd "$(dirname "$0")/../.."
what="${*:-saturate paced}"
sessions="${SESSIONS:-1000}"
client_core="${CLIENT_CORE:-0}"
server_core="${SERVER_CORE:-1}"

swift build -c release --product TransportBenchmark >/dev/null
swift build -c release --product BaselineLoop >/dev/null
binaries="$(swift build -c release --show-bin-path)"

folder="$(mktemp -d)"
# nginx gives up root, and must still be able to read.
chmod 755 "$folder"
server=""
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    rm -rf "$folder"
}
trap finish EXIT INT TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port="$(free_port)"
tls_port="$(free_port)"
mkdir "$folder/www"
for size in 1 30 100; do head -c $((size * 1024)) /dev/urandom >"$folder/www/$size.bin"; done
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$folder/key.pem" -out "$folder/certificate.pem" -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
cat >"$folder/nginx.conf" <<EOF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log warn;
worker_rlimit_nofile 20000;
events { worker_connections 19900; }
http {
    access_log off;
    sendfile on;
    keepalive_timeout 300s;
    keepalive_requests 1000000;
    open_file_cache max=100;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    root $folder/www;
    server { listen 127.0.0.1:$port backlog=16384; }
    server {
        listen 127.0.0.1:$tls_port ssl http2 backlog=16384;
        ssl_certificate $folder/certificate.pem;
        ssl_certificate_key $folder/key.pem;
    }
}
EOF
ulimit -n "$(ulimit -Hn)"
taskset -c "$server_core" nginx -c "$folder/nginx.conf" -e "$folder/error.log" &
server=$!
sleep 0.5
client="taskset -c $client_core"
plain="http://127.0.0.1:$port"
tls="https://localhost:$tls_port"

saturate() { # base, size, requests of each session, further arguments
    echo "-- $1/$2.bin, $sessions sessions, $3 requests each"
    for turn in 1 2 3; do
        $client "$binaries/BaselineLoop" "$1/$2.bin" "$sessions" "$3" ${4:-}
        $client "$binaries/TransportBenchmark" saturate "$1/$2.bin" "$sessions" "$3" ${4:-} | grep -v '^  '
    done
}

cpu_of() { # name, requests, command: CPU-us for each request
    name="$1"
    requests="$2"
    shift 2
    python3 - "$name" "$requests" "$@" <<'EOF'
import resource, re, subprocess, sys
name, requests, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
text = subprocess.run(command, capture_output=True, text=True).stdout
found = re.search(r"(\d+) requests in|requests: (\d+) total", text)
done = int(next(group for group in found.groups() if group)) if found else requests
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{name:10} {(used.ru_utime + used.ru_stime) * 1e6 / max(done, 1):24.1f} cpu-us/request  {done} requests")
EOF
}

others() { # base, size
    if command -v wrk >/dev/null; then
        cpu_of wrk 1 $client wrk -t1 "-c$sessions" -d4s "$1/$2.bin"
    fi
    if command -v h2load >/dev/null; then
        cpu_of h2load 1 $client h2load --h1 -t1 "-c$sessions" -n $((sessions * 40)) "$1/$2.bin"
    fi
}

for part in $what; do
    case "$part" in
    saturate)
        saturate "$plain" 1 50
        others "$plain" 1
        saturate "$plain" 100 30
        others "$plain" 100
        ;;
    paced)
        echo "-- $plain/30.bin, paced"
        $client "$binaries/TransportBenchmark" paced "$plain/30.bin" "${PACED_SESSIONS:-10000}" 20 2
        ;;
    tls)
        # Connections are made over two periods: keep it below some 500 a second, or handshakes take the core.
        saturate "$tls" 1 30 "$folder/certificate.pem"
        echo "-- $tls/30.bin, paced"
        $client "$binaries/TransportBenchmark" paced "$tls/30.bin" "${PACED_TLS_SESSIONS:-2000}" \
            "${PACED_TLS_SECONDS:-20}" "${PACED_TLS_PERIOD:-4}" "$folder/certificate.pem"
        ;;
    esac
done

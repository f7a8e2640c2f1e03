#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds, by default 300, or only those that are named:
#
#     Tests/Fuzz/run.sh [seconds] [Playlists|Presentations|Indexes|Answers|References ...]
#
# The corpora grow in .build/corpus; what crashes, hangs or takes too much memory is kept in $FUZZ_ARTIFACTS, by default
# the folder fullhouse-fuzz among the temporary files. The exit status is 1 when anything was found.
set -euo pipefail
cd "$(dirname "$0")"
seconds="${1:-300}"
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(Playlists Presentations Indexes Answers References)
artifacts="${FUZZ_ARTIFACTS:-${TMPDIR:-/tmp}/fullhouse-fuzz}"
fixtures=../ManifestsTests/Fixtures
mkdir -p "$artifacts" .build/corpus
found=0
# The fuzzer has handlers of its own for signals.
export SWIFT_BACKTRACE=enable=no

swift build -c release 2>&1 | { grep -vE '^\[[0-9]+/[0-9]+\]' || true; }

# Documents of one input, one behind the other with ASCII's record separator between them.
join() {
    cat "$1"
    shift
    for file in "$@"; do printf '\036'; cat "$file"; done
}

# The documents that a target begins with, and for those of several documents each followed by itself.
seed() {
    local target="$1" corpus="$2" file
    mkdir -p "$corpus"
    cp -n Seeds/"$target"/* "$corpus/"
    [ ! -d "$fixtures/crashes/$target" ] || cp -n "$fixtures/crashes/$target"/* "$corpus/"
    case "$target" in
    Playlists)
        for file in "$fixtures"/*.m3u8; do
            cp "$file" "$corpus/"
            join "$file" "$file" >"$corpus/$(basename "$file").twice"
        done
        join "$fixtures/live.low-latency.m3u8" "$fixtures/live.delta-update.m3u8" >"$corpus/updated.m3u8"
        ;;
    Presentations)
        for file in "$fixtures"/*.mpd; do
            cp "$file" "$corpus/"
            join "$file" "$file" >"$corpus/$(basename "$file").twice"
        done
        join "$fixtures/dynamic.patch-base.mpd" "$fixtures/dynamic.patch.mpp" >"$corpus/patched.mpd"
        ;;
    Indexes) cp "$fixtures"/index.* "$corpus/" ;;
    esac
}

# The words of the formats, taken from the fixtures, for libFuzzer to put in.
dictionary() {
    {
        cat "$fixtures"/*.m3u8 | grep -aoE '#EXT[A-Z0-9-]+|[A-Z][A-Z0-9-]+=' || true
        cat "$fixtures"/*.mpd "$fixtures"/*.mpp | grep -aoE '</?[A-Za-z:]+|[A-Za-z]+=|\$[A-Za-z]+\$' || true
        cat Seeds/Answers/* | grep -aoE '[A-Z][A-Z-]+' || true
        printf '%s\n' 9223372036854775807 9223372036854775808 18446744073709551616 2305843009213693952 -1 1e309 \
            '<!DOCTYPE' '<!ENTITY' '<![CDATA[' '&#0;' '{$a}' 'r=' sidx '%0999d' 2250-12-31T23:59:59Z P9999999999Y
    } | sort -u | sed 's/.*/"&"/'
}

dictionary >.build/dictionary
for target in "${targets[@]}"; do
    case "$target" in
    Playlists | Presentations) length=65536 ;;
    *) length=8192 ;;
    esac
    corpus=".build/corpus/$target"
    seed "$target" "$corpus"
    echo "=== Fuzz$target, $seconds s"
    status=0
    .build/release/"Fuzz$target" "$corpus" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len="$length" -dict=.build/dictionary -report_slow_units=2 -detect_leaks=0 -verbosity=1 \
        -print_final_stats=1 -artifact_prefix="$artifacts/$target-" >".build/Fuzz$target.log" 2>&1 || status=$?
    grep -aE 'cov: ' ".build/Fuzz$target.log" | tail -1 || true
    grep -aE '^stat::|SUMMARY|ERROR|Fatal|slow-unit' ".build/Fuzz$target.log" || true
    if [ "$status" != 0 ]; then
        found=1
        echo "Fuzz$target ended with status $status; see $PWD/.build/Fuzz$target.log and $artifacts" >&2
    fi
done
exit "$found"

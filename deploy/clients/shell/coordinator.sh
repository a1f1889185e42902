#!/usr/bin/env bash
# Runs a command inside Governor's budget: reserves, waits when throttled, extends while it lives, settles.
#
#     GOVERNOR_WORKER=w-1 ESTIMATE_USD=0.40 ./coordinator.sh claude -p "fix gh-456"
#
# Labels are GOVERNOR_WORKER _SESSION _TASK _PROJECT _USER _TEAM _MODEL. ESTIMATE_USD and TTL_S may be left out. A
# command that knows what it cost writes the dollars into the file $COST_FILE. Exits as the command does; 2 when paused,
# with the reason on standard error; 69 when Governor gives no answer; 64 when it refuses the question. Needs curl and
# python3.
set -uo pipefail
(( $# )) || { sed -n '2,/^set/ s/^# \{0,1\}//p' "$0" >&2; exit 64; }

socket=${GOVERNOR_SOCKET:-}
for folder in /run/governor "${XDG_RUNTIME_DIR:-/nowhere}" "${XDG_DATA_HOME:-${HOME:-}/.local/share}/governor"; do
    [[ -z $socket && -S $folder/governor.sock ]] && socket=$folder/governor.sock
done
export ttl=${TTL_S:-600} key="${HOSTNAME:-here}-$$-$(date +%s)-$RANDOM"

# ask OPERATION BODY: prints the answer. It asks again when a connection breaks, which is safe because of the key.
ask() {
    curl --silent --show-error --max-time 10 --retry 1 --retry-delay 1 --retry-all-errors --unix-socket "$socket" \
        --header 'Content-Type: application/json' --data "$2" "http://governor/v1/$1"
}

request=$(python3 -c '
import json, os
given = os.environ.get
fields = {name: given("GOVERNOR_" + name.upper()) for name in "worker session task project user team model".split()}
fields |= {"key": given("key"), "ttl_s": int(given("ttl")), "estimate_usd": json.loads(given("ESTIMATE_USD") or "null")}
print(json.dumps({name: value for name, value in fields.items() if value not in (None, "")}))') || exit 64
answer=$(ask reserve "$request") || exit 69
{ read -r decision; read -r delay; read -r reservation; read -r model; reasons=$(cat); } < <(python3 -c '
import json, sys
answer = json.load(sys.stdin)
print(answer.get("decision", "error"), answer.get("delay_s", 0), answer.get("reservation", ""), answer.get("model", ""),
      *[reason["text"] for reason in answer.get("reasons", [])], sep="\n")' <<< "$answer")
case ${decision:-} in
    allow) ;;
    throttle) sleep "$delay" ;;
    pause) echo "$reasons" >&2; exit 2 ;;
    error) echo "$answer" >&2; exit 64 ;;
    *) echo "no answer of Governor's: $answer" >&2; exit 69 ;;
esac

export GOVERNOR_RESERVATION=$reservation GOVERNOR_MODEL=${model:-${GOVERNOR_MODEL:-}}
COST_FILE=$(mktemp) && export COST_FILE
"$@" <&0 &
child=$!
trap 'kill "$child"' INT TERM HUP
# Ends with this shell, so that a hold whose caller vanished ends too. A command that has to stop is told so here.
while sleep $(( ttl / 3 + 1 )) && kill -0 $$; do
    ask extend "{\"key\":\"$key\",\"ttl_s\":$ttl}" | grep -q '"stop": *true' && kill "$child"
done > /dev/null 2>&1 &
keeper=$!
while wait "$child"; code=$?; kill -0 "$child" 2> /dev/null; do :; done # a signal ends the waiting, not the command
kill "$keeper"
cost=$(cat "$COST_FILE"); rm -f "$COST_FILE"
answer=$(ask settle "{\"key\":\"$key\"${cost:+,\"cost_usd\":$cost}}")
[[ $answer == *'"error":'* ]] && echo "$answer" >&2
exit "$code"

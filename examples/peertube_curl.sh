#!/bin/sh
# What a PeerTube plugin, or any program, does with reelwise, by curl alone:
# a search, a view that is reported as it grows, and what to watch next.
#
#   REELWISE=http://127.0.0.1:8501 USER_NAME=anna sh peertube_curl.sh "a red car"
#
# TOKEN is that of `reelwise serve --token`, if it has one.
set -eu

api="${REELWISE:-http://127.0.0.1:8501}/api/v1"
person="${USER_NAME:-anna}"
words="${1:?say what to look for}"

ask() {
  if [ -n "${TOKEN:-}" ]; then set -- -H "Authorization: Bearer $TOKEN" "$@"; fi
  curl --silent --show-error --fail-with-body "$@"
}

# The number of the best moment's video. A program would read the JSON; here sed is enough.
found=$(ask --get --data-urlencode "q=$words" --data k=1 "$api/search")
video=$(printf '%s' "$found" | sed -n 's/.*"video_id": \([0-9]*\).*/\1/p' | head -n 1)
[ -n "$video" ] || { echo "nothing found" >&2; exit 1; }

# A player reports every few seconds: the same client_id, a rising number, the seconds so far.
# However often a report comes, and in whatever order, it is one view.
client="peertube-$$-$(date +%s)"
for number in 1 2 2 1; do
  ask -H 'Content-Type: application/json' "$api/events" --data \
    "{\"user\": \"$person\", \"video_id\": $video, \"watched_s\": $((number * 2)),
      \"client_id\": \"$client\", \"number\": $number}" > /dev/null
done

# The next recommendation knows it already.
ask --get --data-urlencode "user=$person" --data k=5 "$api/recommend"

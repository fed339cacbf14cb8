#!/usr/bin/env bash
# Trains models/default on the authored ads and on the real labelled ads, whose texts are looked for in the folder
# $TACHLES_SHARED (or ../shared); without them the default model cannot be rebuilt and is left as it is. Word vectors also
# learn from the real ads without labels, but never from those reserved for judging.
set -euo pipefail
cd "$(dirname "$0")/.."
ads="${TACHLES_SHARED:-../shared}/real"
if [[ ! -f "$ads/ads_en.jsonl" || ! -f "$ads/ads_he.jsonl" ]]; then
  echo "skipped: the real ads ($ads/ads_en.jsonl, ads_he.jsonl) are not here; models/default is left as it is"
  exit 0
fi
excluded="$(mktemp)"
trap 'rm -f "$excluded"' EXIT
cut -d, -f1 data/real_labels/en_dev.csv > "$excluded"
cat "$ads/reserved_ids.txt" >> "$excluded"
cargo run --release --quiet -- train \
  data/labeled/ads.csv data/real_labels/en_train.csv data/real_labels/he_train.csv data/real_labels/he_more.csv \
  --ads "$ads/ads_en.jsonl" --ads "$ads/ads_he.jsonl" \
  --statements data/real_labels/statements.jsonl \
  --unlabeled "$ads/ads_en.jsonl" --unlabeled "$ads/ads_he.jsonl" --exclude-ids "$excluded" \
  --apart data/labeled/ads.csv --apart data/real_labels/he_more.csv --weight data/real_labels/he_more.csv=0.5 \
  --splits train,valid,test -o "${1:-models/default}" --name default

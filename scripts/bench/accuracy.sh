#!/usr/bin/env bash
# Trains configs/config_cpu.yml on the real CIFAR-100 and prints the result table of docs/accuracy.md.
#
#   scripts/bench/accuracy.sh ROOT [dplaunch options]     for example: --set seed=1
#
# Environment: BIN (folder of dplaunch), DEVICE (cpu:2), CONFIG (configs/config_cpu.yml).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
cd "$repository"

[[ -d ${1:-} ]] || usage_error "no folder ROOT: '${1:-}'"
root=$1
shift
bin=${BIN:-build/release/bin}
device=${DEVICE:-cpu:2}
config=${CONFIG:-configs/config_cpu.yml}
name=accuracy-$(date +%Y%m%d-%H%M%S)

"$bin/dplaunch" --device "$device" -c "$config" --root "$root" --name "$name" "$@" >&2

python3 - "runs/$name" "$device" "$config" <<'PYTHON'
import json
import pathlib
import sys

folder, device, config = pathlib.Path(sys.argv[1]), *sys.argv[2:]
summary = json.loads((folder / "summary.json").read_text())
if summary["synthetic_data"]:
    sys.exit("this was synthetic data: its accuracy says nothing and belongs in no table")
print(f"\n`dplaunch --device {device} -c {config}`: {summary['model']}, "
      f"{summary['parameters']:,} parameters, total batch {summary['total_batch']}\n")
print("| epoch | training loss | test loss | top-1 | top-5 | images/s | seconds |")
print("| --- | --- | --- | --- | --- | --- | --- |")
total = 0
for line in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()):
    total += line["seconds"]
    print(f"| {line['epoch']} | {line['train_loss']:.3f} | {line['test_loss']:.3f} "
          f"| {line['test_top1']:.2f}% | {line['test_top5']:.2f}% "
          f"| {line['images_per_second']:.0f} | {line['seconds']:.0f} |")
print(f"\n{summary['test_images']:,} test images, {total / 60:.1f} minutes.")
PYTHON

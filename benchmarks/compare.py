# SPDX-License-Identifier: Apache-2.0
"""Reads the lines that compare.sh wrote, prints a table of medians and ratios, and keeps everything as JSON."""

import json
import statistics
import sys


def median(rows, broker, mode, value):
    return statistics.median(value(row) for row in rows if row["broker"] == broker and row["mode"] == mode)


def main(source, target):
    with open(source, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    counted = [row for row in rows if row["round"] > 0]
    measures = {
        "MB/s": lambda row: row["mb_per_second"],
        "broker CPU-s per GB": lambda row: row["broker_cpu_seconds"] / (row["bytes"] / 1e9),
    }
    table = []
    for mode in ("produce", "consume"):
        for name, value in measures.items():
            ours, theirs = (median(counted, broker, mode, value) for broker in ("kafscale", "kafka"))
            table.append({"mode": mode, "measure": name, "kafscale": ours, "kafka": theirs, "ratio": ours / theirs})
    print(f"{'':8} {'median of rounds':22} {'KafScale':>10} {'Kafka':>10} {'ratio':>7}")
    for row in table:
        print(f"{row['mode']:8} {row['measure']:22} {row['kafscale']:10.2f} {row['kafka']:10.2f} {row['ratio']:7.2f}")
    with open(target, "w", encoding="utf-8") as out:
        json.dump({"rounds": rows, "medians": table}, out, indent=1)
    print(f"written to {target}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

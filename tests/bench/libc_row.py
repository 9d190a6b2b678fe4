"""Prints the figures of one build, measured several times, as cells of libc_table."""

import json
import sys
from statistics import median

CELLS = [
    ("binary.size_mb", "{:.2f} MB"),
    ("start.cpu_ms", "{:.2f} ms"),
    ("idle.rss_mb", "{:.2f} MB"),
    ("used.rss_mb", "{:.2f} MB"),
    ("invocation.cpu_ms", "{:.2f} ms"),
    ("spans_1000.cpu_ms", "{:.2f} ms"),
]


def median_of(path):
    with open(path, encoding="utf-8") as file:
        figures = json.load(file)["figures"]
    return {f["name"]: f["median"] for f in figures if f["program"] == "lull"}


def main(paths):
    rounds = [median_of(path) for path in paths]
    print(" | ".join(form.format(median(r[name] for r in rounds)) for name, form in CELLS))


if __name__ == "__main__":
    main(sys.argv[1:])

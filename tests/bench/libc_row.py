"""Prints the figures of one build as cells of libc_table."""

import json
import sys

CELLS = [
    ("binary.size_mb", "{:.2f} MB"),
    ("start.cpu_ms", "{:.2f} ms"),
    ("idle.rss_mb", "{:.2f} MB"),
    ("used.rss_mb", "{:.2f} MB"),
    ("invocation.cpu_ms", "{:.2f} ms"),
    ("spans_1000.cpu_ms", "{:.2f} ms"),
]


def main(path):
    with open(path, encoding="utf-8") as file:
        figures = {f["name"]: f for f in json.load(file)["figures"] if f["program"] == "lull"}
    print(" | ".join(form.format(figures[name]["median"]) for name, form in CELLS))


if __name__ == "__main__":
    main(sys.argv[1])

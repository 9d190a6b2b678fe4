"""Prints build/bench.json as a table: what was measured, the bare minimum beside it, the bar."""

import json
import sys

# name, what it says, unit, which statistic counts, bar, compared with
ROWS = [
    ("binary.size_mb", "binary", "MB", "median", 4.2),
    ("layer_x86_64.size_mb", "layer zip, x86_64", "MB", "median", 2.1),
    ("layer_arm64.size_mb", "layer zip, arm64", "MB", "median", 2.1),
    ("start.wall_ms", "exec to first /next", "ms", "median", None),
    ("start.cpu_ms", "CPU until then", "ms", "median", 3.0),
    ("start.cpu_until_idle_ms", "CPU until it rests", "ms", "median", None),
    ("start_128mb.wall_ms", "exec to /next at 128 MB's CPU", "ms", "median", 40.0),
    ("idle.rss_mb", "resident memory, idle", "MB", "median", 4.0),
    ("idle.rss_anon_mb", "of it not the file's own pages", "MB", "median", None),
    ("used.rss_mb", "resident memory, idle after load", "MB", "median", None),
    ("shutdown.wall_ms", "SHUTDOWN to exit", "ms", "median", 50.0),
    ("post_1.wall_ms", "POST of 1 span", "ms", "median", None),
    ("post_100.wall_ms", "POST of 100 spans", "ms", "median", None),
    ("post_1000.wall_ms", "POST of 1,000 spans", "ms", "median", None),
    ("post_1.wall_ms", "POST of 1 span, p99", "ms", "p99", None),
    ("post_100.wall_ms", "POST of 100 spans, p99", "ms", "p99", None),
    ("post_1000.wall_ms", "POST of 1,000 spans, p99", "ms", "p99", 1.0),
    ("post_1000_busy.wall_ms", "POST of 1,000, one after the other", "ms", "median", None),
    ("spans_1000.cpu_ms", "CPU per 1,000 spans", "ms", "median", 1.2),
    ("invocation.cpu_ms", "CPU of an invocation", "ms", "median", 0.25),
    ("invocation.done_to_next_ms", "handler's end to /next", "ms", "median", None),
]
BARE = ("three calls", "compression alone")
OVER_BARE = {"start.wall_ms": 2.0}  # milliseconds over the three calls


def cell(figure, statistic):
    if figure is None:
        return f"{'-':>8}{'-':>9}"
    return f"{figure[statistic]:8.2f}{figure['min']:9.2f}"


def verdict(name, value, bare, bar):
    if name in OVER_BARE and bare is not None:
        over = value - bare["median"]
        mark = "ok" if over <= OVER_BARE[name] else "OVER"
        return f"{over:+.2f} over bare, bar {OVER_BARE[name]:g}: {mark}"
    if bar is None:
        return ""
    return f"bar {bar:g}: {'ok' if value <= bar else 'OVER'}"


def main(path):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    figures = {(f["name"], f["program"]): f for f in result["figures"]}
    print(f"{'':36}{'lull':>8}{'least':>9}   {'bare':>8}{'least':>9}")
    for name, title, unit, statistic, bar in ROWS:
        lull = figures.get((name, "lull"))
        if lull is None:
            continue
        bare = next((figures[name, b] for b in BARE if (name, b) in figures), None)
        told = verdict(name, lull[statistic], bare, bar)
        cells = f"{cell(lull, statistic)}   {cell(bare, statistic)}"
        print(f"{title:36}{cells}  {unit}  {told}".rstrip())
    for skipped in result["skipped"]:
        print(f"{skipped['name']}: skipped: {skipped['why']}")


if __name__ == "__main__":
    main(sys.argv[1])

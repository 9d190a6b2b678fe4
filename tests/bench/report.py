"""Prints build/bench.json as a table: what was measured (median and least), beside it the peer with
its ratio to lull, the bare minimum for the same work, the compression alone, the benchmark's own
CPU, and the bar."""

import json
import sys

STATISTICS = (("median", ""), ("p90", ", p90"), ("p99", ", p99"), ("max", ", longest"))


def several(name, title, unit, **bars):
    """Rows of one figure, one for each statistic that has a bar, which may be None."""
    return [
        (name, title + added, unit, statistic, bars[statistic])
        for statistic, added in STATISTICS
        if statistic in bars
    ]


POSTS = [
    row
    for backend in ("alive", "refused", "hanging")
    for pace, said in (("steady", "each 20 ms"), ("busy", "in a row"))
    for row in several(
        f"post_{backend}_{pace}.wall_ms", f"backend {backend}: {said}", "ms", median=None, p99=1.0
    )
]
# A bar of no time at all: what lull does in it takes less than a millisecond.
HELD = [
    row
    for backend in ("refused", "hanging")
    for apart, said in (("", "in a row"), ("_apart", "freezes between"))
    for row in several(
        f"{backend}{apart}.done_to_next_ms",
        f"backend {backend}: {said}",
        "ms",
        median=1.0,
        p90=None,
        max=None,
    )
]
GROWTH = 0.25  # what lies in queues at one time differs by this much; a leak is told by `LONG=1`
FLAT = [
    row
    for policy in ("end", "lazy")
    for row in (
        (f"flat_{policy}_10.rss_mb", f"{policy}: memory after 1/10", "MB", "median", None),
        (f"flat_{policy}_50.rss_mb", "after half of the invocations", "MB", "median", None),
        (f"flat_{policy}_100.rss_mb", "after all of them", "MB", "median", None),
        (f"flat_{policy}_growth.rss_mb", "growth from 1/10 on", "MB", "max", GROWTH),
    )
]
# name, what it says, unit, which statistic counts, bar
ROWS = [
    ("binary.size_mb", "binary", "MB", "median", 4.2),
    ("layer_x86_64.size_mb", "layer zip, x86_64", "MB", "median", 2.1),
    ("layer_arm64.size_mb", "layer zip, arm64", "MB", "median", 2.1),
    ("start.wall_ms", "exec to first /next", "ms", "median", None),
    ("start.cpu_ms", "CPU until then", "ms", "median", 3.0),
    ("start.cpu_until_idle_ms", "CPU until it rests", "ms", "median", None),
    ("idle.rss_mb", "resident memory, idle", "MB", "median", 4.0),
    ("idle.rss_anon_mb", "of it not the file's own pages", "MB", "median", None),
    ("used.rss_mb", "resident memory, idle after load", "MB", "median", None),
    ("held_1mb.rss_mb", "resident memory holding 1 MB", "MB", "median", None),
    ("held_10mb.rss_mb", "resident memory holding 10 MB", "MB", "median", None),
    ("held_10mb_over_idle.rss_mb", "of it above idle", "MB", "median", 12.0),
    ("held_1mb.cpu_ms", "CPU of taking and holding 1 MB", "ms", "median", None),
    ("held_10mb.cpu_ms", "CPU of taking and holding 10 MB", "ms", "median", None),
    ("held_1mb.delivered_mb", "of 1 MB delivered afterwards, gzip", "MB", "median", None),
    ("held_10mb.delivered_mb", "of 10 MB delivered afterwards, gzip", "MB", "median", None),
    ("shutdown.wall_ms", "SHUTDOWN to exit", "ms", "median", 50.0),
    ("shutdown_refused.wall_ms", "with spans, backend refused, longest", "ms", "max", 2000.0),
    ("shutdown_hanging.wall_ms", "with spans, backend hanging, longest", "ms", "max", 2000.0),
    ("shutdown.cpu_ms", "CPU of it", "ms", "median", None),
    ("post_1.wall_ms", "POST of 1 span", "ms", "median", None),
    ("post_100.wall_ms", "POST of 100 spans", "ms", "median", None),
    ("post_1000.wall_ms", "POST of 1,000 spans", "ms", "median", None),
    ("post_1.wall_ms", "POST of 1 span, p99", "ms", "p99", None),
    ("post_100.wall_ms", "POST of 100 spans, p99", "ms", "p99", None),
    ("post_1000.wall_ms", "POST of 1,000 spans, p99", "ms", "p99", 1.0),
    ("post_1000_busy.wall_ms", "POST of 1,000, one after the other", "ms", "median", None),
    *POSTS,
    ("post_1.cpu_ms", "CPU of taking 1 span", "ms", "median", None),
    ("post_100.cpu_ms", "CPU of taking 100 spans", "ms", "median", None),
    ("post_1000.cpu_ms", "CPU of taking 1,000 spans", "ms", "median", None),
    ("spans_1000.cpu_ms", "CPU per 1,000 spans", "ms", "median", 1.2),
    ("join.ratio", "of it, with the join / without it", "", "median", 1.1),
    ("join_keys.ratio", "the same, with correlation keys", "", "median", 1.1),
    ("join_keys_found.ratio", "the same, where each span has one", "", "median", None),
    ("logs_1000.cpu_ms", "CPU per 1,000 log lines", "ms", "median", 3.0),
    ("invocation.cpu_ms", "CPU of an invocation", "ms", "median", 0.25),
    ("invocation.done_to_next_ms", "handler's end to /next", "ms", "median", 5.0),
    ("invocation.done_to_next_ms", "handler's end to /next, p99", "ms", "p99", 5.0),
    ("done_to_next.cpu_ms", "CPU of it", "ms", "median", None),
    *HELD,
    ("lazy_late.count", "LULL_FLUSH=lazy: late /next, number", "", "max", 0.0),
    ("lazy.invoke_to_next_ms", "INVOKE to /next", "ms", "median", None),
    ("adaptive_late.count", "LULL_FLUSH=adaptive: the same", "", "max", None),
    *several("turn.cpu_ms", "CPU of a turn of the loop, TLS", "ms", median=None, p99=None, max=2.0),
    ("first_tls.cpu_ms", "first TLS export: CPU", "ms", "median", 5.0),
    ("first_tls.done_to_next_ms", "its handler's end to /next", "ms", "median", None),
    ("requests_100.count", "backend requests, 100 invocations", "", "median", None),
    *FLAT,
    ("uncounted.count", "items not accounted for, worst life", "", "max", 0.0),
    ("start.minstr", "start and end, million instructions", "M", "median", None),
    ("load.minstr", "fixed load, million instructions", "M", "median", None),
]
WIDTH = max(len(row[1]) for row in ROWS) + 1
BARE = ("three calls", "recv and send")
SMALL = "at_128mb."
# At that share; the others are for a whole core.
SMALL_BARS = {"start.wall_ms": 40.0, "first_tls.done_to_next_ms": 100.0}
OVER_BARE = {"start.wall_ms": 2.0}  # milliseconds over the three calls


def number(value):
    return f"{value:9.2f}" if value >= 0.1 else f"{value:9.3f}"


def cell(figure, statistic):
    if figure is None:
        return f"{'-':>9}{'-':>9}"
    return number(figure[statistic]) + number(figure["min"])


def ratio(peer, lull, statistic):
    if peer is None or lull[statistic] == 0:
        return f"{'-':>8}"
    return f"{peer[statistic] / lull[statistic]:7.2f}x"


def verdict(name, value, bare, bar):
    if name in OVER_BARE and bare is not None:
        over = value - bare["median"]
        mark = "ok" if over <= OVER_BARE[name] else "OVER"
        return f"{over:+.2f} over bare, bar {OVER_BARE[name]:g}: {mark}"
    if bar is None:
        return ""
    return f"bar {bar:g}: {'ok' if value <= bar else 'OVER'}"


def head(with_peer):
    peer = f"   {'peer':>9}{'least':>9}{'/ lull':>8}" if with_peer else ""
    columns = f"{'bare':>9}{'least':>9}   {'gzip':>9}{'least':>9}   {'driver':>9}"
    return f"{'':{WIDTH}}{'lull':>9}{'least':>9}{peer}   {columns}"


def row(figures, with_peer, name, title, unit, statistic, bar):
    lull = figures[name, "lull"]
    bare = next((figures[name, b] for b in BARE if (name, b) in figures), None)
    cells = [cell(lull, statistic)]
    if with_peer:
        peer = figures.get((name, "peer"))
        cells.append(cell(peer, statistic) + ratio(peer, lull, statistic))
    cells.append(cell(bare, statistic))
    cells.append(cell(figures.get((name, "compression alone")), statistic))
    driver = figures.get((name, "driver"))
    cells.append(number(driver["median"]) if driver else f"{'-':>9}")
    told = verdict(name, lull[statistic], bare, bar)
    return f"{title:{WIDTH}}{'   '.join(cells)}  {unit:2}  {told}".rstrip()


def main(path):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    figures = {(f["name"], f["program"]): f for f in result["figures"]}
    with_peer = any(program == "peer" for _, program in figures)
    print(head(with_peer))
    for name, title, unit, statistic, bar in ROWS:
        if (name, "lull") in figures:
            print(row(figures, with_peer, name, title, unit, statistic, bar))
    small = [row for row in ROWS if (SMALL + row[0], "lull") in figures]
    if small:
        print("\nThe same at the CPU share of a function of 128 MB")
    for name, title, unit, statistic, _ in small:
        bar = SMALL_BARS.get(name)
        print(row(figures, with_peer, SMALL + name, title, unit, statistic, bar))
    print(
        "bare: the three calls, or recv and send of the same bytes; gzip: compressing them alone;\n"
        "driver: CPU of the benchmark itself meanwhile (median, ms), in none of the other figures"
    )
    for skipped in result["skipped"]:
        print(f"{skipped['name']}: skipped: {skipped['why']}")


if __name__ == "__main__":
    main(sys.argv[1])

"""What the invocations cost, and where every item went."""

from otlp import SIGNALS

ITEM_NAMES = {"traces": "spans", "logs": "log records", "metrics": "data points"}


def cost(screen, direct, with_lull, delay):
    """Bars for both ways: what the caller waits for, and what is billed beyond that."""
    full, light = screen["full"], screen["light"]
    screen.title("What the export costs",
                 f"the receiver's {delay * 1000:.0f} ms are artificial")
    label, numbers = 27, 22
    cells = screen.width - label - numbers
    legend = f"{full * 2} caller waits {light * 2} still billed"
    screen.write(screen.paint(f"{'':{label}}{legend:{cells}}{'caller waits':>13}{'billed':>9}",
                              "dim"))
    longest = max(call.billed for run in (direct, with_lull) for call in run.calls)
    arrow = screen["arrow"]
    for pair in zip(direct.calls, with_lull.calls, strict=True):
        ways = ((f"SDK {arrow} backend", "yellow"), (f"SDK {arrow} lull", "green"))
        for call, (way, style) in zip(pair, ways, strict=True):
            head = f"order {call.order}" if call is pair[0] else ""
            waits = min(cells, max(1, round(call.latency * cells / longest)))
            rest = min(cells - waits, round((call.billed - call.latency) * cells / longest))
            bar = screen.paint(full * waits + light * rest, style) + " " * (cells - waits - rest)
            screen.write(f"{head:12}{way:{label - 12}}{bar}{call.latency:10.0f} ms"
                         f"{call.billed:6} ms")
    screen.write()
    screen.prose(_verdict(direct.calls, with_lull.calls))


def _verdict(direct, with_lull):
    count = len(direct)
    waits = (sum(c.latency for c in direct) - sum(c.latency for c in with_lull)) / count
    bills = (sum(c.billed for c in direct) - sum(c.billed for c in with_lull)) / count
    return (f"With lull the caller has its answer {_difference(waits, 'sooner', 'later')} and "
            f"{_difference(bills, 'less', 'more')} is billed, on average: lull exports after the "
            "answer, all signals at once, log lines too. By itself the SDK sends spans, then "
            "metrics, and no log lines, while the caller waits.")


def _difference(milliseconds, positive, negative):
    return f"{abs(milliseconds):.0f} ms {positive if milliseconds >= 0 else negative}"


def table(screen, books, arrived=None):
    """The ledger; `arrived` are the counts of the backend, where it is ours."""
    screen.title("Ledger", "received = exported + dropped + held")
    columns = ["received", "exported", "dropped", "held"]
    screen.write(screen.paint(
        f"{'':14}" + "".join(f"{c:>12}" for c in columns)
        + (f"{'in the backend':>17}" if arrived else ""), "dim"))
    for signal in SIGNALS:
        account = {**books[signal], "dropped": sum(books[signal]["dropped"].values())}
        numbers = "".join(_number(screen, c, account[c]) for c in columns)
        there = f"{arrived[signal]:17}" if arrived else ""
        screen.write(f"{ITEM_NAMES[signal]:14}{numbers}{there}")
        for reason, count in books[signal]["dropped"].items():
            screen.write(screen.paint(f"{'':14}dropped ({reason}): {count}", "red"))
    screen.write()


def _number(screen, column, count):
    bad = count and column in ("dropped", "held")
    return screen.paint(f"{count:12}", *(["red"] if bad else []))


def total(books, column):
    return sum(books[signal][column] for signal in SIGNALS)

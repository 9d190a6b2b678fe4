"""Spans and log records as traces, and each trace as rows over a common time axis."""

import textwrap
from dataclasses import dataclass, field

from screen import clean

STATUS = {0: "unset", 1: "ok", 2: "ERROR"}
MS = 1_000_000
ROWS_OF_TEXT = 3


@dataclass
class Trace:
    """What was received of one trace, and the log records that belong to it."""

    trace_id: str
    spans: list
    logs: list = field(default_factory=list)

    @property
    def request_id(self):
        return next((invocation(s) for s in self.spans if invocation(s)), "")

    @property
    def begin(self):
        """Log times are cut to the millisecond: one just before the first span is not earlier."""
        first = min(span["start"] for span in self.spans)
        return min([first, *(log["time"] for log in self.logs if log["time"] < first - MS)])

    @property
    def end(self):
        return max(*(span["end"] for span in self.spans), self.begin + 1,
                   *(log["time"] for log in self.logs))


def invocation(item):
    return item["attributes"].get("faas.invocation_id", "")


def build(spans, logs):
    """([Trace by time], {request id: logs of no trace}). A log belongs to the trace it names, else
    to the one of its invocation, else to its request alone ("" where it names none)."""
    traces = {}
    for span in spans:
        traces.setdefault(span["trace_id"], Trace(span["trace_id"], [])).spans.append(span)
    of_request = {invocation(s): traces[s["trace_id"]] for s in spans if invocation(s)}
    others = {}
    for log in logs:
        trace = traces.get(log["trace_id"]) or of_request.get(invocation(log))
        (trace.logs if trace else others.setdefault(invocation(log), [])).append(log)
    return sorted(traces.values(), key=lambda t: t.begin), others


def rows(trace, screen):
    """(drawing of the tree, item) from top to bottom: children under their parent by time."""
    spans = {span["span_id"]: span for span in trace.spans}
    below = {}
    for span in trace.spans:
        parent = span["parent_id"] if span["parent_id"] in spans else ""
        below.setdefault(parent, []).append(span)
    homes = {invocation(s): s["span_id"] for s in trace.spans if invocation(s)}
    for log in trace.logs:
        home = log["span_id"] if log["span_id"] in spans else homes.get(invocation(log), "")
        below.setdefault(home, []).append(log)
    seen = set()
    found = list(_walk(below, "", "", seen, screen, top=True))
    for span in trace.spans:  # parents in a circle hang from nothing: shown all the same
        if span["span_id"] not in seen:
            seen.add(span["span_id"])
            found.append(("", span))
            found += _walk(below, span["span_id"], "", seen, screen)
    return found


def _time(item):
    return item["time"] if "body" in item else item["start"]


def _walk(below, parent, prefix, seen, screen, top=False):
    children = sorted(below.get(parent, ()), key=_time)
    for child in children:
        last = child is children[-1]
        own = "" if top else screen["last" if last else "branch"]
        if "body" in child:
            yield prefix + own, child
            continue
        if child["span_id"] in seen:
            continue
        seen.add(child["span_id"])
        yield prefix + own, child
        deeper = prefix if top else prefix + screen["none" if last else "pass"]
        yield from _walk(below, child["span_id"], deeper, seen, screen)


def draw(screen, trace, title):
    """Writes one trace: names and log lines, bars and marks, start, duration, status."""
    view = _View(screen, trace)
    screen.title(f"Trace {trace.trace_id}", title)
    screen.write(screen.paint(view.head(), "dim"))
    for prefix, item in rows(trace, screen):
        for line in (view.log if "body" in item else view.span)(prefix, item):
            screen.write(line)


def log_text(log):
    """(severity, message) to show. Of a text with several lines the first, and how many more."""
    body = "" if log["body"] is None else str(log["body"])
    first, *more = body.replace("\r", "\n").strip().split("\n")
    first = clean(first)
    severity = log["severity_text"]
    if more:
        first += f" (+{len(more)} lines)"
    return severity, first


class _View:
    def __init__(self, screen, trace):
        self.screen = screen
        self.begin = trace.begin
        self.length = trace.end - trace.begin
        self.names = screen.width * 40 // 100
        self.cells = screen.width - self.names - 28

    def head(self):
        total = f"{self.length / MS:.0f} ms"
        axis = "0" + total.rjust(self.cells - 1)
        return f"{'':{self.names}} {axis} {'start':>9} {'duration':>9} status"

    def _ms(self, since):
        return max(0, since - self.begin) / MS

    def _track(self):
        """An empty line with a tick at each quarter."""
        cells = [" "] * self.cells
        for quarter in range(4):
            cells[quarter * self.cells // 4] = self.screen["tick"]
        return cells

    def _place(self, time, steps):
        """Where a moment lies on the axis, in steps from 0 to steps - 1."""
        return max(0, min(steps - 1, (time - self.begin) * steps // self.length))

    def _bar(self, span, style):
        """Drawn in half cells; nothing is too short to be seen."""
        first = self._place(span["start"], 2 * self.cells)
        last = max(first, self._place(span["end"] - 1, 2 * self.cells))
        cells = self._track()
        for cell in range(first // 2, last // 2 + 1):
            halves = (first <= 2 * cell, last >= 2 * cell + 1)
            kind = {(True, True): "full", (True, False): "left", (False, True): "right"}
            cells[cell] = self.screen[kind.get(halves, "right")]
        return self._painted(cells, first // 2, last // 2 + 1, style)

    def _painted(self, cells, first, after, style):
        paint = self.screen.paint
        return (paint("".join(cells[:first]), "dim") + paint("".join(cells[first:after]), style)
                + paint("".join(cells[after:]), "dim"))

    def span(self, prefix, span):
        paint = self.screen.paint
        failed = span["status"] == 2
        name = self.screen.fit(clean(span["name"]), self.names - len(prefix))
        duration = max(0, span["end"] - span["start"]) / MS
        exact = 2 if duration < 1 else 1
        yield (paint(prefix, "dim") + paint(name, "bold") + " "
               + self._bar(span, "red" if failed else "cyan")
               + f" {self._ms(span['start']):6.1f} ms {duration:6.{exact}f} ms "
               + paint(STATUS.get(span["status"], "?"), *(["red", "bold"] if failed else ["dim"])))

    def log(self, prefix, log):
        """The text beside its mark; a long one goes on in further rows, up to a limit."""
        screen = self.screen
        mark = screen["mark"] + " "
        room = self.names - len(prefix) - len(mark)
        severity, message = log_text(log)
        text = f"{severity} {message}".strip()
        parts = textwrap.wrap(text, room, max_lines=ROWS_OF_TEXT, placeholder=screen["more"])
        parts = parts or [""]
        place = self._place(log["time"], self.cells)
        cells = self._track()
        cells[place] = screen["mark"]
        style = "red" if log["severity"] >= 17 or severity == "ERROR" else "yellow"
        rail = prefix[: -len(screen["last"])] if prefix else ""
        goes_on = prefix.endswith(screen["branch"])
        for number, part in enumerate(parts):
            if number:
                more = rail + (screen["pass"] if goes_on else screen["none"]) if prefix else ""
                yield screen.paint(f"{more}  ", "dim") + screen.fit(part, room).rstrip()
                continue
            yield (screen.paint(prefix, "dim") + screen.paint(mark, style)
                   + screen.fit(part, room) + " "
                   + self._painted(cells, place, place + 1, style)
                   + f" {self._ms(log['time']):6.0f} ms")

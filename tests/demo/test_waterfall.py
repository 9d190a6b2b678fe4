"""Where spans and log lines end up in the drawing, odd ones too."""

import io

import pytest

import waterfall
from screen import Screen, clean

MS = 1_000_000
NOW = 1_700_000_000_000 * MS


class Stream(io.StringIO):
    def __init__(self, encoding="utf-8", tty=False):
        super().__init__()
        self._encoding = encoding
        self._tty = tty

    @property
    def encoding(self):
        return self._encoding

    def isatty(self):
        return self._tty


def span(name, begin=0.0, end=1.0, *, trace="t1", parent="", request="", status=0):
    return {"name": name, "span_id": name, "parent_id": parent, "trace_id": trace,
            "start": NOW + int(begin * MS), "end": NOW + int(end * MS), "status": status,
            "attributes": {"faas.invocation_id": request} if request else {}}


def log(body, at=0, *, trace="", parent="", request="", severity=9, text="INFO"):
    return {"body": body, "time": NOW + at * MS, "trace_id": trace, "span_id": parent,
            "severity": severity, "severity_text": text,
            "attributes": {"faas.invocation_id": request} if request else {}}


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    return Screen(Stream())


def tree(screen, trace):
    return [prefix + (item["body"] if "body" in item else item["name"])
            for prefix, item in waterfall.rows(trace, screen)]


def drawn(screen, trace):
    waterfall.draw(screen, trace, "")
    return screen.stream.getvalue()


def test_children_stand_under_their_parents_by_time(screen):
    spans = [span("late", 6, 9, parent="root"), span("deep", 2, 3, parent="early"),
             span("early", 1, 4, parent="root"), span("root", 0, 10)]
    [trace], _ = waterfall.build(spans, [])
    assert tree(screen, trace) == ["root", "├─ early", "│  └─ deep", "└─ late"]


def test_a_log_goes_to_its_span_else_to_its_invocation_else_to_its_request(screen):
    spans = [span("root", 0, 9, request="r1"), span("child", 1, 5, parent="root"),
             span("other", 20, 30, trace="t2", request="r2")]
    logs = [log("by span", 2, trace="t1", parent="child", request="r2"),
            log("by request", 6, request="r1"), log("by trace", 21, trace="t2"),
            log("of no trace", 8, request="r3"), log("of nothing", 9)]
    (first, second), others = waterfall.build(spans, logs)
    assert tree(screen, first) == ["root", "├─ child", "│  └─ by span", "└─ by request"]
    assert tree(screen, second) == ["other", "by trace"]
    assert {r: [x["body"] for x in found] for r, found in others.items()} == {
        "r3": ["of no trace"], "": ["of nothing"]}


def test_a_span_whose_parent_is_elsewhere_is_a_root(screen):
    [trace], _ = waterfall.build([span("a", 0, 2, parent="gone"), span("b", 3, 4, parent="a")], [])
    assert tree(screen, trace) == ["a", "└─ b"]


def test_parents_in_a_circle_are_shown_once(screen):
    spans = [span("a", parent="b"), span("b", parent="a"), span("self", parent="self")]
    [trace], _ = waterfall.build(spans, [log("in it", trace="t1", parent="b")])
    assert sorted(row.lstrip("├└─ │") for row in tree(screen, trace)) == ["a", "b", "in it", "self"]
    drawn(screen, trace)


def test_bars_lie_at_their_times(screen):
    spans = [span("root", 0, 100), span("first", 0, 50, parent="root"),
             span("second", 50, 100, parent="root", status=2), span("dot", 100, 100, parent="root")]
    [trace], _ = waterfall.build(spans, [log("end", 100, trace="t1", parent="root")])
    rows = drawn(screen, trace).splitlines()[3:]
    bars = [row[41:73] for row in rows]
    assert bars[0] == "█" * 32
    assert bars[1] == "█" * 16 + "┊       ┊       "
    assert bars[2] == "┊       ┊       " + "█" * 16
    assert bars[3].rstrip()[-1] == "▐" and len(bars[3].rstrip()) == 32
    assert bars[4][31] == "◆"
    assert rows[2].endswith("  50.0 ms   50.0 ms ERROR")


def test_a_log_cut_to_the_millisecond_is_not_before_its_trace(screen):
    [trace], _ = waterfall.build([span("root", 0.7, 9, request="r")], [log("in", 0, request="r")])
    assert trace.begin == NOW + 700_000
    rows = drawn(screen, trace).splitlines()
    assert rows[-1].endswith("     0 ms")


def test_a_log_that_is_earlier_or_later_is_on_the_axis(screen):
    logs = [log("before", -5, request="r"), log("after", 20, request="r")]
    [trace], _ = waterfall.build([span("root", 0, 9, request="r")], logs)
    assert (trace.begin, trace.end) == (NOW - 5 * MS, NOW + 20 * MS)
    rows = drawn(screen, trace).splitlines()
    assert "5.0 ms" in next(row for row in rows if row.startswith("root"))


def test_a_trace_of_no_length(screen):
    [trace], _ = waterfall.build([span("root", 0, 0)], [])
    assert "0.00 ms" in drawn(screen, trace)


@pytest.mark.parametrize("body", [None, "", 7, {"a": [1]}, "two\nlines", "tail\r\rmore\n"])
def test_bodies_of_any_kind_are_shown_on_their_rows(screen, body):
    [trace], _ = waterfall.build([span("root", request="r")], [log(body, request="r")])
    rows = drawn(screen, trace).splitlines()
    assert len(rows) == 5
    assert rows[-1].startswith("└─ ◆ INFO")


def test_a_long_line_is_wrapped_and_then_cut(screen):
    [trace], _ = waterfall.build([span("root", request="r")],
                                 [log("word " * 60, request="r"), log("last", request="r")])
    rows = drawn(screen, trace).splitlines()
    assert [row[:2] for row in rows[4:]] == ["├─", "│ ", "│ ", "└─"]
    assert rows[6].rstrip().endswith("…")
    assert max(map(len, rows)) <= 100


def test_nothing_received_moves_the_cursor(screen):
    nasty = "a\x1b[2Jb\x9bc\td\u202ee\u0301"
    assert clean(nasty).isprintable()
    [trace], _ = waterfall.build([span(nasty, request="r")], [log(nasty, text="", request="r")])
    assert "\x1b" not in drawn(screen, trace)


@pytest.mark.parametrize(("tty", "environ", "coloured"), [
    (True, {}, True), (True, {"NO_COLOR": ""}, True), (True, {"NO_COLOR": "1"}, False),
    (True, {"TERM": "dumb"}, False), (False, {}, False)])
def test_colours_only_on_a_terminal_that_wants_them(tty, environ, coloured):
    painted = Screen(Stream(tty=tty), environ).paint("text", "bold", "red")
    assert painted == ("\x1b[1;31mtext\x1b[0m" if coloured else "text")


def test_ascii_where_the_encoding_has_no_more(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    screen = Screen(Stream("ascii"))
    [trace], _ = waterfall.build([span("bestätigt", request="r")], [log("grün", request="r")])
    assert drawn(screen, trace).isascii()
    assert "best?tigt" in screen.stream.getvalue()

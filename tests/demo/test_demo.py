"""The demo as a person starts it: what it shows, and what it says when something is wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend import Answer, Sink
from demo import _check, children
from lambda_local import History
from local_run import Call, DemoFailed, Run, free_port
from otlp import REQUESTS

DEMO = Path(__file__).with_name("demo.py")
# What the function does for each of the two orders.
SPANS = {"1001": ["charge card", "load order", "orders", "step", "step"],
         "1002": ["charge card", "load order", "orders"]}
LINES = {"1001": ["order 1001 came in", "INFO order 1001 charged"],
         "1002": ["order 1002 came in", "INFO order 1002 charged", "ERROR order 1002 failed",
                  "ERROR ValueError: out of stock (+7"]}
ITEMS = {"spans": 8, "log records": 6, "data points": 4}
LEDGER_ROW = r"^{} +(\d+) +(\d+) +(\d+) +(\d+)(?: +(\d+))?$"


def run_demo(*arguments, **environ):
    quiet = {name: value for name, value in os.environ.items()
             if not name.startswith(("LULL_", "OTEL_")) or name == "LULL_BINARY"}
    return subprocess.run(
        [sys.executable, DEMO, *arguments], env={**quiet, "COLUMNS": "100", **environ},
        stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=90)


@pytest.fixture(scope="module")
def shown():
    done = run_demo(PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def sections(text):
    """{title: lines below it}; a title ends in a line over the rest of the screen."""
    found, lines = {}, []
    for line in text.splitlines():
        title = re.match(r"(.+?) [─-]{3,}( .*)?$", line)
        if title and not line.startswith(" "):
            lines = found.setdefault(title[1] + (title[2] or ""), [])
        elif line:
            lines.append(line)
    return found


def traces(text):
    """{order: (trace id, rows)}"""
    found = {}
    for title, lines in sections(text).items():
        if match := re.fullmatch(r"Trace ([0-9a-f]{32}) order (\w+)", title):
            found[match[2]] = match[1], lines[1:]
    return found


def test_each_invocation_is_a_trace_with_all_its_spans_and_log_lines(shown):
    found = traces(shown)
    assert list(found) == ["1001", "1002"]
    assert len({trace_id for trace_id, _ in found.values()}) == 2
    for order, (_, rows) in found.items():
        spans = [r for r in rows if re.search(r" \d+\.\d ms +\d+\.\d+ ms (unset|ok|ERROR)$", r)]
        names = [re.match(r"(?:[├└]─ )?(.+?)  ", row)[1] for row in spans]
        assert sorted(names) == SPANS[order]
        assert names[0] == "orders", "the root comes first"
        assert all(row[0] in "├└" for row in spans[1:]), "children hang from it"
        assert all(set(row) & set("█▌▐") for row in spans)
        lines = [re.match(r"[├└]─ ◆ (.+?)  .*◆.* \d+ ms$", row) for row in rows]
        assert [line[1] for line in lines if line] == LINES[order]
    status = {order: rows[0].split()[-1] for order, (_, rows) in found.items()}
    assert status == {"1001": "unset", "1002": "ERROR"}


def test_the_cost_is_told_for_both_ways_of_each_invocation(shown):
    rows = [line for line in sections(shown)["What the export costs the receiver's 80 ms are "
                                             "artificial"] if "SDK →" in line]
    found = [re.fullmatch(r"(?:order (\d+))? +SDK → (\w+) +█+░* +(\d+) ms +(\d+) ms", row).groups()
             for row in rows]
    assert [(order, way) for order, way, _, _ in found] == [
        ("1001", "backend"), (None, "lull"), ("1002", "backend"), (None, "lull")]
    for _, way, waits, billed in found:
        assert int(billed) >= int(waits)
        if way == "backend":  # the SDK asks twice, one after the other, for 80 ms each
            assert int(waits) >= 160
    assert re.search(r"\d+ ms (sooner|later) and \d+ ms (less|more) is billed", shown)


def test_the_ledger_closes_and_agrees_with_the_backend(shown):
    for name, count in ITEMS.items():
        row = re.search(LEDGER_ROW.format(name), shown, re.M)
        received, exported, dropped, held, arrived = map(int, row.groups())
        assert received == exported + dropped + held
        assert received == exported == arrived == count
    assert shown.endswith("All 18 items that lull took in have arrived: none is lost, none came "
                          "twice.\n")


def test_it_fits_a_plain_terminal_of_100_columns(shown):
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "\x1b" not in shown


def test_80_columns_and_ascii_will_do():
    done = run_demo(COLUMNS="80", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    for order, (_, rows) in traces(done.stdout).items():
        for wanted in (*SPANS[order], f"order {order} came in"):
            assert any(wanted in row for row in rows)


def test_an_endpoint_of_the_users_own():
    sink = Sink(History())
    try:
        done = run_demo("--endpoint", f"{sink.url}/base", LULL_HEADERS="x-api-key=my%20key")
    finally:
        sink.close()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert {r.path for r in sink.requests} == {f"/base/v1/{signal}" for signal in REQUESTS}
    assert {r.headers["x-api-key"] for r in sink.requests} == {"my key"}
    assert "my key" not in done.stdout and "my%20key" not in done.stdout
    named = re.findall(r"^  ([0-9a-f]{32})  (\d) spans: (.*)$", done.stdout, re.M)
    assert {trace_id for trace_id, _, _ in named} == {s["trace_id"] for s in sink.items("traces")}
    assert [int(count) for _, count, _ in named] == [5, 3]
    assert all("orders" in names for _, _, names in named)
    for (name, count), kind in zip(ITEMS.items(), REQUESTS, strict=True):
        row = re.search(LEDGER_ROW.format(name), done.stdout, re.M)
        assert row.groups() == (str(count), str(len(sink.items(kind))), "0", "0", None)
    assert not traces(done.stdout), "what the backend has is not known here"


def test_an_endpoint_that_refuses_is_told_with_what_lull_said():
    sink = Sink(History())
    sink.answer = Answer(403)
    try:
        done = run_demo("--endpoint", sink.url)
    finally:
        sink.close()
    assert done.returncode == 1
    assert done.stderr == f"demo: failed: 18 of 18 items were not exported to {sink.url}\n"
    assert "What lull said:" in done.stdout
    assert "403" in done.stdout
    assert "Ledger" in done.stdout


def test_an_endpoint_that_is_not_there():
    done = run_demo("--endpoint", f"http://user:secret@127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "18 of 18 items were not exported" in done.stderr
    assert "Could not connect" in " ".join(done.stdout.split())
    assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("endpoint", ["", "otlp.example.com", "ftp://otlp.example.com", "https://"])
def test_no_endpoint_at_all(endpoint):
    done = run_demo("--endpoint", endpoint)
    assert done.returncode == 2
    assert "not an http:// or https:// URL" in done.stderr


def test_lull_is_not_built(tmp_path):
    done = run_demo(LULL_BINARY=str(tmp_path / "lull"))
    assert done.returncode == 1
    assert done.stderr == f"demo: failed: {tmp_path / 'lull'} is not there: run make first\n"


def test_lull_dies(tmp_path):
    fake = tmp_path / "lull"
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo lull 0 && exit\n'
                    'echo no luck today; exit 3\n')
    fake.chmod(0o755)
    done = run_demo(LULL_BINARY=str(fake))
    assert done.returncode == 1
    assert "demo: failed: the local Lambda did not start: Extension.Crash" in done.stderr
    assert "lull wrote:\nno luck today" in done.stderr


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(condition):
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process(number):
    demo = subprocess.Popen([sys.executable, DEMO], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        wait_for(lambda: len(children(demo.pid)) == 2)  # lull and the runtime
        started = children(demo.pid)
        demo.send_signal(number)
        _, said = demo.communicate(timeout=30)
    finally:
        demo.kill()
    assert (demo.returncode, said) == (128 + number, "")
    assert not [pid for pid in started if running(pid)]


# what the demo makes sure of before it calls something a success

CALL = Call("1", "r", 1.0, 2)
SPAN = {"span_id": "a", "attributes": {"faas.invocation_id": "r"}}
LOG = {"body": "hello"}


def books(**changed):
    one = {"received": 1, "exported": 1, "held": 0, "dropped": {}}
    return {signal: {**one, **changed.get(signal, {})} for signal in REQUESTS}


def arrived(**changed):
    return {**dict.fromkeys(REQUESTS, 1), **changed}


def test_a_run_that_is_whole_passes_the_check():
    _check(Run([CALL], ["[INFO]\tnow\tr\thello"], books()), [SPAN], [LOG], arrived())


@pytest.mark.parametrize(("run", "spans", "logs", "counts", "message"), [
    (Run([CALL], [], books(logs={"received": 0, "exported": 0})), [SPAN], [], arrived(logs=0),
     "lull received no log records"),
    (Run([CALL], [], books()), [SPAN], [LOG], arrived(metrics=2),
     "exported 1 data points, but 2 arrived"),
    (Run([CALL], [], books(logs={"received": 2, "dropped": {"full": 1}})), [SPAN], [LOG],
     arrived(), "not all log records were exported"),
    (Run([CALL], [], books(traces={"received": 2, "held": 1})), [SPAN], [LOG], arrived(),
     "not all spans were exported"),
    (Run([CALL], [], books(traces={"received": 2, "exported": 2})), [SPAN, SPAN], [LOG],
     arrived(traces=2), "a span arrived twice"),
    (Run([Call("1", "other", 1.0, 2)], [], books()), [SPAN], [LOG], arrived(),
     "no span of request other"),
    (Run([CALL], ["hello", "hello"], books()), [SPAN], [LOG], arrived(),
     "has not arrived: hello"),
])
def test_a_run_that_is_not(run, spans, logs, counts, message):
    with pytest.raises(DemoFailed, match=message):
        _check(run, spans, logs, counts)

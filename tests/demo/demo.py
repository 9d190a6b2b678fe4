"""Shows what lull does: a real function, its traces, what they cost, and where every item went.

`make demo` sends to a receiver of the demo's own; `make demo ENDPOINT=https://...` to a backend of
yours, with the LULL_* variables of your environment, such as LULL_HEADERS.
"""

import argparse
import os
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lambda"), str(TESTS / "e2e")]
try:
    import account
    import waterfall
    from backend import Sink
    from lambda_local import History
    from local_run import (
        DemoFailed,
        callers_settings,
        free_port,
        lull_binary,
        lull_version,
        run_directly,
        run_with_lull,
    )
    from otlp import SIGNALS
    from receiver import Receiver
    from screen import Screen, clean
except ImportError as missing:
    sys.exit(f"demo: {missing}: start it by `make demo`, which installs what it needs")

# Far enough for the eye; a backend in another region with TLS is in this range.
DELAY = 0.08


def main():
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    screen = Screen()
    try:
        binary = lull_binary()
        screen.write()
        screen.prose(lull_version(binary), "bold")
        screen.prose("A Python function in a local Lambda, invoked twice and frozen in between.")
        if arguments.endpoint:
            _to_endpoint(screen, binary, arguments.endpoint)
        else:
            _to_receiver(screen, binary)
    except DemoFailed as failed:
        if failed.details:
            print("\n".join(clean(s) for s in failed.details.splitlines()), file=sys.stderr)
        print(f"demo: failed: {clean(failed)}", file=sys.stderr)
        return 1
    finally:
        _end_children()
    return 0


def _interrupted(number, _frame):
    """Out through every `finally`, once; what the threads then stumble over is of no interest."""
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    threading.excepthook = lambda _: None
    sys.exit(128 + number)


def _end_children():
    """Those started so shortly before an interruption that nobody had written them down yet."""
    for pid in children(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # another thread was waiting for it


def children(parent):
    """The processes that this one's threads started; a thread may end while they are read."""
    found = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            found += [int(pid) for pid in task.read_text().split()]
        except OSError:
            pass
    return found


def _arguments():
    parser = argparse.ArgumentParser(prog="demo.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoint", metavar="URL", help="an OTLP/HTTP backend of yours, such as "
                        "https://otlp.example.com; else a receiver of the demo's own")
    arguments = parser.parse_args()
    if arguments.endpoint is not None:
        url = urlsplit(arguments.endpoint)
        if url.scheme not in ("http", "https") or not url.hostname:
            parser.error(f"not an http:// or https:// URL: {arguments.endpoint!r}")
    return arguments


def _way(screen, port, backend):
    arrow = screen["arrow"]
    screen.prose(f"OpenTelemetry SDK {arrow} lull on localhost:{port} {arrow} {backend}", "dim")


def _to_receiver(screen, binary):
    port = free_port()
    with closing(Receiver(DELAY)) as receiver:
        _way(screen, port, f"a receiver that waits {DELAY * 1000:.0f} ms on purpose")
        # The receiver's delay on a slow machine must not end an export half way: it comes again.
        run = run_with_lull(binary, receiver.url, port, {"LULL_FLUSH_BUDGET": "2s"})
        spans, logs = receiver.items("traces"), receiver.items("logs")
        arrived = {s: len(receiver.items(s)) for s in SIGNALS}
    _check(run, spans, logs, arrived)
    _show_traces(screen, run, spans, logs)

    with closing(Receiver(DELAY)) as receiver:
        direct = run_directly(receiver.url)
        alone = {s["trace_id"] for s in receiver.items("traces")}
    if len(alone) != len(direct.calls):
        raise DemoFailed(f"without lull {len(alone)} traces arrived, not {len(direct.calls)}: "
                         "there is nothing to compare with")
    account.cost(screen, direct, run, DELAY)
    account.table(screen, run.books, arrived)
    screen.prose(f"All {sum(arrived.values())} items that lull took in have arrived: none is lost, "
                 "none came twice.", "bold")


def _check(run, spans, logs, arrived):
    """Before anything is shown as a success."""
    for name in SIGNALS:
        if not run.books[name]["received"]:
            raise DemoFailed(f"lull received no {account.ITEM_NAMES[name]}", run.log)
        if run.books[name]["exported"] != arrived[name]:
            raise DemoFailed(f"lull says it exported {run.books[name]['exported']} "
                             f"{account.ITEM_NAMES[name]}, but {arrived[name]} arrived", run.log)
        if run.books[name]["dropped"] or run.books[name]["held"]:
            raise DemoFailed(f"not all {account.ITEM_NAMES[name]} were exported: "
                             f"{run.books[name]}", run.log)
    if len({span["span_id"] for span in spans}) != len(spans):
        raise DemoFailed("a span arrived twice", run.log)
    known = {waterfall.invocation(span) for span in spans}
    for call in run.calls:
        if call.request_id not in known:
            raise DemoFailed(f"no span of request {call.request_id} arrived", run.log)
    bodies = [str(log["body"]) for log in logs]
    for line in run.lines:  # the runtime client's lines have level, time and request id in front
        body = next((b for b in bodies if b and line.endswith(b)), None)
        if body is None:
            raise DemoFailed(f"a line of the function has not arrived: {line}", run.log)
        bodies.remove(body)


def _show_traces(screen, run, spans, logs):
    orders = {call.request_id: call.order for call in run.calls}
    traces, others = waterfall.build(spans, logs)
    for trace in traces:
        order = orders.get(trace.request_id)
        waterfall.draw(screen, trace, f"order {order}" if order else trace.request_id)
    for request_id, lines in others.items():
        screen.title(f"Log lines of {request_id or 'no request'}", "of no trace")
        for log in lines:
            severity, message = waterfall.log_text(log)
            screen.prose(f"{severity} {message}")


def _to_endpoint(screen, binary, endpoint):
    """The function's spans pass a tap on their way to lull, for the ids that the backend has."""
    port = free_port()
    shown = _without_credentials(endpoint)
    _way(screen, port, shown)
    with closing(Sink(History(), forward=port)) as tap:
        run = run_with_lull(binary, endpoint, port, callers_settings(), exporter=tap.url)
        traces, _ = waterfall.build(tap.items("traces"), [])
    account.table(screen, run.books)
    lost = account.total(run.books, "received") - account.total(run.books, "exported")
    if not account.total(run.books, "received"):
        raise DemoFailed("lull received nothing from the function", run.log)
    if lost:
        screen.prose("What lull said:", "bold")
        for line in run.log.splitlines()[:20] or ["nothing"]:
            screen.prose(clean(line))
        raise DemoFailed(f"{lost} of {account.total(run.books, 'received')} items were not "
                         f"exported to {shown}")
    screen.write(screen.paint("Look for these traces in the backend:", "bold"))
    for trace in traces:
        names = ", ".join(dict.fromkeys(clean(span["name"]) for span in trace.spans))
        screen.write(f"  {trace.trace_id}  {len(trace.spans)} spans: {names}")
    screen.write()
    screen.prose(f"All {account.total(run.books, 'received')} items that lull took in were "
                 f"exported to {shown}.", "bold")


def _without_credentials(endpoint):
    url = urlsplit(endpoint)
    return clean(url._replace(netloc=url.netloc.rpartition("@")[2]).geturl())


if __name__ == "__main__":
    sys.exit(main())

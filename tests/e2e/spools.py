"""More data than fits into memory, the files it goes to, and books over several lives."""

import contextlib

import otlp
from backend import Answer
from ledger import close_books, ledgers

SMALL = {"LULL_BUFFER": "256KB"}  # a dozen of the spans below
FILLER = "x" * 20_000
DOWN = Answer(503)


def numbers(first, count):
    """Names in the order in which they are sent."""
    return [f"{n:03}" for n in range(first, first + count)]


def send_spans(env, names):
    """Each in a request of its own, which must be answered with 200."""
    for name in names:
        otlp.send(env.port, otlp.traces(name, filler=FILLER))


def batches(folder):
    """The files that hold data, from the oldest to the newest."""
    return sorted(folder.glob("*.batch"))


def size_of(folder):
    """Bytes in these files, which may go meanwhile."""
    size = 0
    for file in batches(folder):
        with contextlib.suppress(FileNotFoundError):
            size += file.stat().st_size
    return size


def names_in_all(folder):
    """As names_in(), of all of them, at one moment: lull goes on after it has answered."""
    for _ in range(1000):
        files = batches(folder)
        with contextlib.suppress(FileNotFoundError):
            names = [name for file in files for name in names_in(file)]
            if batches(folder) == files:
                return names
    raise AssertionError("the files never rest")


def names_in(file):
    """The names of the spans that `send_spans` sent and that are in it, as they lie there."""
    found, data = [], file.read_bytes()
    parts = data.split(b"\x2a\x03")  # Span.name, field 5, three bytes
    for part in parts[1:]:
        if part[:3].isdigit():
            found.append(part[:3].decode())
    return found


def invoke(env, event=None, status="success"):
    """An invocation, until lull has asked for the next one, or the environment was reset."""
    call = env.invoke(event)
    env.wait_idle()
    assert call.status == status, (call.status, call.error_type)
    return call


def await_spans(sink, history, names):
    """Until the backend has taken them all."""
    count = 0
    while not set(names) <= set(sink.names()):
        count += 1
        history.wait("backend.answer", status=200, count=count)


def close_lives(env, lives):
    """`lives` ledgers, of the lives that saw a SHUTDOWN: each closes, and inherits what the one
    before has left in files. Their sum; `spooled` is that of the last."""
    found = ledgers(env.output("lull"))
    assert len(found) == lives, env.output("lull")
    assert env.history.all("process.killed", name="lull") == []
    for books in found:
        close_books(books)
    total = {}
    for signal in otlp.SIGNALS:
        accounts = [books[signal] for books in found]
        left = [account.get("spooled", 0) for account in accounts]
        assert [account.get("inherited", 0) for account in accounts] == [0, *left[:-1]], accounts
        dropped = {}
        for account in accounts:
            for reason, count in account["dropped"].items():
                dropped[reason] = dropped.get(reason, 0) + count
        total[signal] = {
            "received": sum(account["received"] for account in accounts),
            "exported": sum(account["exported"] for account in accounts),
            "held": sum(account["held"] for account in accounts),
            "spooled": left[-1], "dropped": dropped}
        account = total[signal]
        assert account["received"] == (account["exported"] + account["held"] + account["spooled"]
                                       + sum(dropped.values())), total
    return total

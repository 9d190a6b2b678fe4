"""The line in which lull accounts for every item at SHUTDOWN."""

import json

from otlp import SIGNALS


def ledgers(output):
    """Every ledger in what lull wrote: one for each life that saw a SHUTDOWN."""
    found = []
    for line in output.splitlines():
        if '"lull.ledger"' in line:
            found.append(json.loads(line)["lull.ledger"])
    return found


def ledger(output):
    """The only ledger."""
    found = ledgers(output)
    assert len(found) == 1, f"{len(found)} ledgers in:\n{output}"
    return found[0]


def close_books(books, **expected):
    """received == exported + dropped + held, for each signal. `expected` names counts that the
    test knows: `traces={"received": 3, "exported": 3}`; dropped may be a sum or by reason."""
    for signal in SIGNALS:
        account = books[signal]
        out = account["exported"] + account["held"] + sum(account["dropped"].values())
        assert account["received"] == out, f"{signal}: {account}"
        for name, count in expected.pop(signal, {}).items():
            have = account[name]
            if name == "dropped" and isinstance(count, int):
                have = sum(have.values())
            assert have == count, f"{signal}: {name} is not {count}: {account}"
    assert not expected, expected
    return books

"""The line in which lull accounts for every item at SHUTDOWN."""

import json

from otlp import SIGNALS

MEANT = ("disabled", "filtered", "own")  # what is dropped for these reasons is no loss
OPTIONAL = ("inherited", "spooled", "possible_duplicates")  # left out where they are 0


def ledgers(output):
    """Every ledger in what lull wrote: one for each life that saw a SHUTDOWN."""
    found = []
    for line in output.splitlines():
        if '"lull_ledger"' in line:
            found.append(json.loads(line)["lull_ledger"])
    return found


def ledger(output):
    """The only ledger."""
    found = ledgers(output)
    assert len(found) == 1, f"{len(found)} ledgers in:\n{output}"
    return found[0]


def close_accounts(books, expected):
    """received + inherited == exported + dropped + held + spooled, for each signal. `expected`
    names counts that the test knows."""
    expected = dict(expected)
    for signal in SIGNALS:
        account = books[signal]
        out = account["exported"] + account["held"] + sum(account["dropped"].values())
        out += account.get("spooled", 0)
        assert account["received"] + account.get("inherited", 0) == out, f"{signal}: {account}"
        for name, count in expected.pop(signal, {}).items():
            have = account.get(name, 0) if name in OPTIONAL else account[name]
            if name == "dropped" and isinstance(count, int):
                have = sum(have.values())
            assert have == count, f"{signal}: {name} is not {count}: {account}"
    assert not expected, expected


def close_books(books, **expected):
    """All accounts close, and the sums over all of them are right. `expected` names counts that the
    test knows: `traces={"received": 3, "exported": 3}`; dropped may be a sum or by reason. Of
    several destinations: `vendor={"traces": {"exported": 3}}`."""
    destinations = books.get("destinations")
    for name, of_one in (destinations or {}).items():
        close_accounts(of_one, expected.pop(name, {}))
    if destinations is None:
        close_accounts(books, expected)
    else:
        assert not expected, expected
    accounts = [of_one[signal] for of_one in (destinations or {"": books}).values()
                for signal in SIGNALS]
    for name in ("received", "exported"):
        assert books[name] == sum(account[name] for account in accounts), books
    assert books["dropped"] == sum(sum(account["dropped"].values()) for account in accounts), books
    meant = sum(account["dropped"].get(reason, 0) for account in accounts for reason in MEANT)
    assert books["lost"] == books["dropped"] - meant, books
    return books

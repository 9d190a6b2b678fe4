"""lull in tests/lambda and in AWS's own emulator: the same scenario, the same assertions."""

from ledger import close_books, ledgers
from scenario import CALLS, await_roots, check_answer, play


def test_local(local, backend, collector, gate):
    play(local(), backend, collector, gate)


def test_local_without_telemetry(local, backend, collector, gate):
    play(local(telemetry=202), backend, collector, gate)


def test_local_managed_instances(local, backend, collector, gate):
    play(local(managed_instances=True, concurrency=CALLS), backend, collector, gate)


def test_rie_classic(rie, backend, collector, gate):
    env = rie()
    play(env, backend, collector, gate)
    assert "status 202" in env.output()


def test_rie_managed_instances(rie, backend, collector, gate):
    env = rie(concurrency=CALLS)
    play(env, backend, collector, gate)
    assert "Telemetry subscription created" in env.output()


def test_rie_classic_after_a_time_out(rie, backend, collector):
    """A reset: SHUTDOWN, then new processes in the next invocation. Both lives account for all."""

    def take(order):
        """Exported while its life lasts: the emulator has 1.4 s for SHUTDOWN."""
        event = {"order": order}
        await_roots(backend, [check_answer(event, *env.invoke(event))])

    # Init, which a busy machine takes seconds for, is part of an invocation after a reset.
    with rie({"AWS_LAMBDA_FUNCTION_TIMEOUT": "12"}) as env:
        take("a")
        status, body = env.post({"order": "b", "sleep": 600})
        assert (status, b"Task timed out after 12.00 seconds" in body) == (200, True), body
        take("c")
        books = [close_books(life) for life in ledgers(env.end())]
    assert len(books) == 2
    roots = [s for s in collector.items("traces") if "faas.invocation_id" in s["attributes"]]
    assert len(roots) == 2
    for signal in ("traces", "metrics"):
        count = len(collector.items(signal))
        for number in ("received", "exported"):
            assert sum(life[signal][number] for life in books) == count

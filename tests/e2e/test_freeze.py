"""lull in a sandbox whose network is cut while it is frozen: what was connected before is dead, and
says nothing."""

import time

import pytest

import otlp
from backend import HANG, Sink
from wire import Wire, head


@pytest.fixture
def sink(history, network):
    backend = Sink(history, network=network)
    yield backend
    backend.close()


@pytest.fixture
def inside(lambda_env, network, sink):
    """Makes an environment with lull in that network. For an event that is a number its function
    sends a span and a data point, and writes a line."""

    def make(**options):
        def handler(event, context):
            if isinstance(event, int):
                context.print(f"line {event}")
                otlp.send(env.port, otlp.traces(f"span {event}"), otlp.metrics("m", float(event)))

        env = lambda_env(handler, **{"network": network, "endpoint": sink.url, **options})
        return env

    return make


def arrived(sink):
    """By signal, all that was accepted, in order."""
    return {"traces": sorted(sink.names()), "logs": sorted(sink.names("logs")),
            "metrics": sorted(point["value"] for point in sink.items("metrics"))}


def all_there(sink, count):
    """Everything of the first invocations, and nothing else."""
    expected = {"traces": {f"span {n}" for n in range(count)},
                "logs": {f"line {n}" for n in range(count)}, "metrics": set(range(count))}
    return {signal: set(items) for signal, items in arrived(sink).items()} == expected


def finish(env, sink, count):
    """Invocations that are not frozen, until all has been delivered; then the books."""
    env.wait_idle()
    env.settings.freeze = False
    for _ in range(6):
        if all_there(sink, count):
            break
        assert env.invoke().status == "success"
        env.wait_idle()
    expected = {"received": count, "exported": count}
    books = env.finish(traces=expected, logs=expected, metrics=expected)
    assert all_there(sink, count)
    # Once each, but where an answer did not come in time, which is counted.
    for signal, items in arrived(sink).items():
        assert len(items) <= count + books[signal].get("possible_duplicates", 0)


@pytest.mark.parametrize("forgets", [True, False], ids=["forgotten", "remembered"])
def test_every_thaw_is_to_connections_from_before(inside, network, sink, forgets):
    network.forgets = forgets
    with inside(freeze=True, environ={"LULL_FLUSH_BUDGET": "1s"}) as env:
        for number in range(4):
            assert env.invoke(number).status == "success"
        finish(env, sink, 4)


@pytest.mark.parametrize("seconds", [0, 1.5], ids=["short", "long"])
def test_what_is_new_at_shutdown_has_a_connection_of_its_own(inside, network, sink, seconds):
    """The last thaw is SHUTDOWN's: there is no later flush to mend a dead connection, so that none
    is trusted, however short the freeze was."""
    with inside() as env:
        assert env.invoke(0).status == "success"
        env.wait_idle()
        env.freeze()
        time.sleep(seconds)  # how long the environment is frozen, not a wait
        env.thaw()
        with network.inside():
            otlp.send(env.port, otlp.traces("last words"))
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    assert sink.names() == ["span 0", "last words"]


def test_the_backend_drops_its_end_while_it_cannot_say_so(inside, network, sink):
    """What a load balancer does with idle connections: its FIN reaches nobody."""
    with inside(freeze=True, environ={"LULL_FLUSH_BUDGET": "1s"}) as env:
        for number in range(3):
            assert env.invoke(number).status == "success"
            env.wait_idle()
            sink.drop_connections()
        finish(env, sink, 3)


def test_without_a_network_data_is_kept(inside, network, sink):
    """Invocations succeed and go on to the next; all is delivered once there is a network again."""
    with inside() as env:
        assert env.invoke(0).status == "success"
        env.wait_idle()
        network.cut()
        for number in (1, 2):
            assert env.invoke(number).status == "success"
            env.wait_idle()
        assert sink.names() == ["span 0"]
        network.restore()
        finish(env, sink, 3)


def test_an_answer_that_is_lost_in_a_freeze(inside, network, sink, history):
    """Exported in the background, because nobody tells the ends of invocations here: the freeze
    comes before the answer, and the connection does not outlive it."""
    sink.script(HANG)
    with inside(telemetry=404, environ={"LULL_TIMEOUT": "1s"}) as env:
        with network.inside():
            otlp.send(env.port, otlp.traces("span"))
        env.invoke()
        history.wait("backend.request")
        env.freeze()
        env.thaw()
        history.wait("backend.answer", status=200)
        env.finish(traces={"received": 1, "exported": 1})
    assert sink.names() == ["span"]


def test_a_freeze_in_the_middle_of_a_post(inside, network, sink):
    """The function's own connection to lull is local and goes on where it was."""
    body = otlp.traces("span").SerializeToString()
    with inside() as env:
        with network.inside(), Wire(env.port) as wire:
            wire.send(head(len(body)), body[:20])
            env.freeze()
            env.thaw()
            wire.send(body[20:])
            assert wire.answer().status == 200
        env.invoke()
        env.finish(traces={"received": 1, "exported": 1})
    assert sink.names() == ["span"]


def test_without_a_network_at_shutdown_all_is_counted(inside, network, sink, history):
    with inside() as env:
        assert env.invoke(0).status == "success"
        env.freeze()
        env.thaw()
        network.cut()
        assert env.invoke(1).status == "success"
        expected = {"received": 2, "exported": 1, "dropped": {"shutdown": 1}}
        env.finish(traces=expected, logs=expected, metrics=expected)
    assert history.all("process.killed", name="lull") == []


def test_a_snapshot_is_restored_elsewhere(inside, network, sink, history):
    """What was connected before the snapshot is not there after the restore."""
    with inside(initialization_type="snap-start") as env:
        for number in range(2):
            assert env.invoke(number).status == "success"
            env.wait_idle()
        finish(env, sink, 2)
    assert len(history.all("platform.restoreStart")) == 1


def test_what_is_under_way_at_shutdown_may_have_lost_its_connection(lambda_env, network, sink,
                                                                    history):
    """A freeze that was too short to be noticed, and yet the network has forgotten the connection:
    no answer will come. There is no later try, so there has to be one more in time."""

    def handler(event, context):
        otlp.send(env.port, otlp.traces("span"))
        history.wait("backend.request")

    sink.script(HANG)
    env = lambda_env(handler, network=network, endpoint=sink.url, telemetry=404)
    with env:
        assert env.invoke().status == "success"
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 1})
    assert sink.names() == ["span"]

"""What does not fit into memory goes to files while the backend takes nothing, and from there to
the backend, each item once."""

import stat

import pytest

import otlp
from backend import HANG, Answer, Sink
from ports import free_port
from runs import said
from spools import (
    DOWN,
    SMALL,
    await_spans,
    batches,
    invoke,
    names_in,
    names_in_all,
    numbers,
    send_spans,
    size_of,
)

NAMES = numbers(0, 40)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def spooling(lambda_env, sink):
    """Makes an environment with little memory. Its function sends a span named by the event."""

    def make(then=None, environ=None, **options):
        def handler(event, context):
            if event:
                send_spans(env, [event])
            if then:
                then(event)

        env = lambda_env(handler, **{"endpoint": sink.url, **options},
                         environ={**SMALL, **(environ or {})})
        return env

    return make


# out and back


@pytest.mark.parametrize("answer", [DOWN, HANG], ids=["503", "hang"])
def test_the_oldest_goes_to_files_and_all_arrives_once(spooling, sink, history, folder, answer):
    good, sink.answer = sink.answer, answer

    def then(event):
        if event == "999":
            await_spans(sink, history, [*NAMES, "998", "999"])

    with spooling(then) as env:
        invoke(env, "998")
        assert sink.requests
        send_spans(env, NAMES)
        files = batches(folder)
        spooled = [name for file in files for name in names_in(file)]
        assert len(files) >= 2
        # The oldest, in order; the newest are in memory.
        assert spooled == ["998", *NAMES][: len(spooled)]
        assert len(spooled) >= len(NAMES) - 12
        sink.answer = good
        invoke(env, "999")
        assert batches(folder) == []
        env.finish(traces={"received": 42, "exported": 42})
    names = sink.names()
    assert sorted(names) == [*NAMES, "998", "999"]
    assert [name for name in names if name in spooled] == spooled
    memory = [name for name in names if name not in spooled]
    assert memory == [*NAMES[len(spooled) - 1 :], "999"]


def test_nobody_listens_and_later_somebody_does(spooling, history, folder):
    port = free_port()
    backend = None

    def then(event):
        if event == "999":
            await_spans(backend, history, [*NAMES, "999"])

    with spooling(then, endpoint=f"http://127.0.0.1:{port}") as env:
        invoke(env)
        send_spans(env, NAMES)
        assert batches(folder)
        backend = Sink(history, port=port)
        invoke(env, "999")
        env.finish(traces={"received": 41, "exported": 41})
    backend.close()
    assert sorted(backend.names()) == [*NAMES, "999"]


def test_every_signal_has_its_own_files(spooling, sink, history, folder):
    """Points, lines and spans in turn: whatever is oldest goes, and comes back as what it was."""
    good, sink.answer = sink.answer, DOWN

    def then(event):
        if event == "999":
            for signal in otlp.SIGNALS:
                history.wait("backend.answer", signal=signal, status=200)

    env = spooling(then)
    with env:
        invoke(env)
        for number, name in enumerate(NAMES):
            otlp.send(env.port, otlp.traces(name, filler="x" * 10_000),
                      otlp.logs(name, filler="x" * 10_000),
                      otlp.metrics("m", float(number), filler="x" * 10_000))
        assert len(batches(folder)) >= 6
        sink.answer = good
        invoke(env, "999")
        env.finish(traces={"received": 41, "exported": 41},
                   logs={"received": 40, "exported": 40},
                   metrics={"received": 40, "exported": 40})
    assert sorted(sink.names()) == [*NAMES, "999"]
    assert sorted(sink.names("logs")) == NAMES
    values = [point["value"] for point in sink.items("metrics")]
    assert sorted(values) == list(range(40))


def test_a_batch_from_a_file_is_judged_as_any_other(spooling, sink, folder):
    """What is refused with its neighbours is sent by itself, and only the bad one is dropped; what
    is too large is halved."""
    sink.answer, good = DOWN, sink.answer

    def judge(received):
        if received.signal != "traces" or sink.answer is DOWN:
            return None
        names = [span["name"] for span in received.items()]
        if len(names) > 4:
            return Answer(413, b"too large")
        return Answer(400, b"bad") if "003" in names else None

    sink.judge = judge
    with spooling(environ={"LULL_FLUSH_BUDGET": "20s"}) as env:
        invoke(env)
        send_spans(env, NAMES)
        assert any("003" in names_in(file) for file in batches(folder))
        sink.answer = good
        invoke(env, "999")
        assert batches(folder) == []
        env.finish(traces={"received": 41, "exported": 40, "dropped": {"refused": 1}})
    assert sorted(sink.names()) == [*(n for n in NAMES if n != "003"), "999"]


def test_a_signal_that_is_turned_off_takes_its_files_along(spooling, sink, folder):
    """A 404: the backend has nothing that takes spans, now or later."""
    sink.answer = DOWN
    with spooling() as env:
        invoke(env, "998")
        send_spans(env, NAMES)
        assert batches(folder)
        sink.answer = Answer(404)
        before = len(sink.requests)
        env.finish(traces={"received": 41, "exported": 0, "spooled": 0,
                           "dropped": {"turned_off": 41}})
    assert len(sink.requests) == before + 1
    assert batches(folder) == []


# bounds


def test_where_files_are_full_too_the_oldest_goes_counted(spooling, sink, history, folder):
    good, sink.answer = sink.answer, DOWN
    names = numbers(0, 120)

    def then(event):
        if event == "999":
            await_spans(sink, history, names[-30:])

    with spooling(then, environ={"LULL_SPOOL": "1MB"}) as env:
        invoke(env)
        for name in names:
            send_spans(env, [name])
            assert size_of(folder) <= 1 << 20
        kept = names_in_all(folder)
        lost = names.index(kept[0])
        assert kept == names[lost : lost + len(kept)]
        sink.answer = good
        invoke(env, "999")
        books = env.finish(traces={"received": 121})
    # A batch that is being sent from a file is in memory, too, and this one is as small as a batch:
    # for it as much again may have had to go.
    dropped = books["traces"]["dropped"].pop("buffer_full")
    assert lost <= dropped <= lost + 14
    assert books["traces"]["dropped"] == {}
    arrived = sorted(sink.names())
    assert len(arrived) == len(set(arrived)) == 121 - dropped
    assert set(arrived) <= {*names[lost:], "999"}
    assert arrived[-12:] == [*names[-11:], "999"]
    assert len(kept) >= 30
    assert said(env).count("the buffer is full") == 1


@pytest.mark.parametrize("off", ["off", "0"])
def test_off_the_disk_is_left_alone(spooling, sink, folder, off):
    sink.answer = DOWN
    with spooling(environ={"LULL_SPOOL": off}) as env:
        invoke(env)
        send_spans(env, NAMES)
        books = env.finish(traces={"received": 40, "exported": 0, "spooled": 0})
    assert set(books["traces"]["dropped"]) == {"buffer_full", "shutdown"}
    assert not folder.exists()


def test_at_spindown_nothing_is_left_behind(spooling, sink, folder):
    """No life follows that could send it: what the last attempt could not deliver is counted."""
    sink.answer = DOWN
    with spooling() as env:
        invoke(env)
        send_spans(env, NAMES)
        otlp.send(env.port, otlp.logs("line"), otlp.metrics("m", 1.0))
        assert batches(folder)
        env.finish(traces={"received": 40, "exported": 0, "spooled": 0,
                           "dropped": {"shutdown": 40}},
                   logs={"received": 1, "dropped": {"shutdown": 1}},
                   metrics={"received": 1, "dropped": {"shutdown": 1}})
    assert [file.name for file in folder.iterdir()] == ["record"]


# what is in the files


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_files_say_nothing_of_where_they_are_to_go(spooling, sink, folder, compression):
    """And nobody else may read them."""
    sink.answer = DOWN
    environ = {"LULL_HEADERS": "x-api-key=s3cret-of-mine,authorization=Basic%20Zm9vOmJhcg==",
               "LULL_COMPRESSION": compression}
    with spooling(environ=environ) as env:
        invoke(env, "998")
        assert sink.requests[0].headers["x-api-key"] == "s3cret-of-mine"
        send_spans(env, NAMES)
        # Of those that may just be written or sent what is there counts.
        files = [*batches(folder), *folder.glob("record")]
        assert len(files) >= 3
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for file in files:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            data = file.read_bytes().lower()
            for secret in (b"x-api-key", b"s3cret", b"authorization", b"basic", b"zm9vomjhcg",
                           b"http:", b"localhost", b"127.0.0.1", f":{sink.port}".encode(),
                           b"/v1/traces"):
                assert secret not in data, (file, secret)
        env.finish(traces={"received": 41, "exported": 0})

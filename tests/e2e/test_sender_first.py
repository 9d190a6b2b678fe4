"""What lull does beside a function's POST costs the function nothing, even on one core: as a rule,
for there it is the kernel who decides, so that the tests look at many posts."""

import contextlib
import os
import statistics

import pytest

import otlp
from spools import DOWN, batches, invoke

POSTS = 150
LARGE = otlp.traces("a", filler="x" * 200_000)  # memory for it has no pages at first


def page_faults(env):
    return int(env.extension("lull").process.stat()[7])


def rest(env):
    """Until lull sleeps: it has done all that there was to do."""
    while env.extension("lull").process.stat()[0] != "S":
        os.sched_yield()


@contextlib.contextmanager
def one_core(env):
    """lull and this thread run on the same one."""
    cores = os.sched_getaffinity(0)
    for pid in (0, env.extension("lull").process.pid):
        os.sched_setaffinity(pid, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@pytest.fixture
def posting(lambda_env, sink):
    """Calls `post(env)` so many times in one invocation, while the backend takes nothing, and lull
    rests before each."""

    def run(count, post, **environ):
        def handler(event, context):
            with one_core(env):
                for _ in range(count):
                    rest(env)
                    post(env)

        sink.answer = DOWN
        env = lambda_env(handler, endpoint=sink.url, environ=environ)
        with env:
            invoke(env)
            env.finish(traces={"received": count, "exported": 0})

    return run


def test_who_is_answered_goes_first(posting, tmp_path):
    """Older data is moved to files when its sender has the answer, not while it lies there."""
    folder = tmp_path / "spool"
    before_the_answer = []

    def post(env):
        before = batches(folder)
        otlp.send(env.port, otlp.traces("a", filler="x" * 90_000))
        at_the_answer = batches(folder)
        rest(env)
        if batches(folder) != before:
            before_the_answer.append(at_the_answer != before)

    posting(POSTS, post, LULL_BUFFER="1MB", LULL_SPOOL="2MB")
    assert len(before_the_answer) >= POSTS / 3
    assert sum(before_the_answer) < len(before_the_answer) / 4


def test_memory_for_the_next_is_ready(posting):
    """The kernel and, where it is virtual, the machine have found its pages before it comes."""
    faults = []

    def post(env):
        before = page_faults(env)
        otlp.send(env.port, LARGE)
        faults.append(page_faults(env) - before)

    posting(POSTS // 5, post, LULL_BUFFER="16MB")
    assert statistics.median(faults) < 200_000 / os.sysconf("SC_PAGESIZE") / 2

"""Init, invoke, freeze, reset, SHUTDOWN: the order of things, and who is ended for what."""

import json
import signal
import sys
import threading

import pytest

from lambda_local import InitFailed

OBEDIENT = 'register("INVOKE", "SHUTDOWN")\nloop()\n'


def indices(history, *kinds):
    return [history.first(kind).index for kind in kinds]


def test_the_order_of_an_ordinary_life(environment, extension):
    env = environment([extension(OBEDIENT)], freeze=True)
    with env:
        assert env.invoke({"a": 1}).json() == {"a": 1}
        env.wait_idle()
        ended = env.shutdown()
    assert (ended.codes, ended.killed) == ({"ext": 0}, [])
    assert env.output("ext") == "shutdown spindown\n"
    history = env.history
    order = indices(history, "platform.initStart", "extension.register", "runtime.next",
                    "platform.initRuntimeDone", "platform.initReport")
    assert order == sorted(order)
    assert history.first("extension.register").index < history.first(
        "process.started", name="runtime").index
    begin = history.first("invoke.begin")
    steps = [history.first(kind, after=begin).index for kind in (
        "environment.thawed", "platform.start", "runtime.event", "runtime.response",
        "runtime.next", "platform.runtimeDone", "platform.report", "environment.frozen")]
    assert steps == sorted(steps)
    shutdown = history.first("shutdown.begin")
    assert history.first("process.exited", after=shutdown)["name"] == "runtime"


def test_the_caller_does_not_wait_for_extensions_but_the_environment_does(
    environment, extension, tmp_path
):
    slow = f'''
register("INVOKE", "SHUTDOWN")
event = next()
while not pathlib.Path("{tmp_path}/go").exists():
    time.sleep(0.005)
loop()
'''
    with environment([extension(slow)]) as env:
        assert env.invoke().status == "success"
        with pytest.raises(AssertionError, match="still busy"):
            env.wait_idle(0.1)
        (tmp_path / "go").touch()
        assert env.invoke().status == "success"
        env.wait_idle()
    begins, ends = env.history.all("invoke.begin"), env.history.all("invoke.end")
    assert ends[0].index < begins[1].index


def test_frozen_processes_stand_still(environment, extension):
    busy = """
import threading
register("INVOKE", "SHUTDOWN")
threading.Thread(target=loop).start()
while True:
    say("tick")
    time.sleep(0.001)
"""
    with environment([extension(busy)], freeze=True) as env:
        process = env.extension().process
        process.drain()
        before = env.output("ext")
        assert process._kernel_state() == "T"
        process.drain()
        assert env.output("ext") == before
        env.thaw()
        env.history.wait("extension.line", after=env.history.last("environment.thawed"))


@pytest.mark.parametrize("body", ["time.sleep(60)", 'register("INVOKE")\ntime.sleep(60)'],
                         ids=["never registers", "never asks for the next event"])
def test_init_runs_into_its_time_out(environment, extension, body):
    env = environment([extension(body)], init_timeout=1)
    with pytest.raises(InitFailed) as failed:
        env.start()
    assert failed.value.error_type == "Sandbox.Timedout"
    assert env.history.first("platform.initReport")["record"]["status"] == "timeout"


@pytest.mark.parametrize("body", ["time.sleep(60)", 'register("INVOKE")\ntime.sleep(60)'],
                         ids=["never registers", "never asks for the next event"])
def test_the_init_of_an_invocation_has_the_time_of_the_invocation(environment, extension, body):
    env = environment([extension(body)], timeout=0.5, init_timeout=60)
    call = env.invoke()
    assert (call.status, call.error_type) == ("timeout", "Sandbox.Timedout")
    env.wait_idle()
    assert env.history.first("init.begin")["phase"] == "invoke"
    # It had not asked for events: there is no SHUTDOWN for it, only the end.
    assert env.history.last("process.exited", name="ext")["code"] == -signal.SIGKILL
    assert env.history.all("runtime.event") == []


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("where", ["", 'register("INVOKE")\n', 'register("INVOKE")\nnext()\n'],
                         ids=["at once", "registered", "in an invocation"])
def test_an_extension_that_exits_is_a_crash_whatever_its_code(environment, extension, where, code):
    env = environment([extension(f"{where}sys.exit({code})")])
    if "next" not in where:
        with pytest.raises(InitFailed) as failed:
            env.start()
        assert failed.value.error_type == "Extension.Crash"
        assert env.invoke().error_type == "Extension.Crash"
    else:
        with env:
            call = env.invoke()
            env.wait_idle()
            assert call.status in ("success", "failure")
            assert env.history.first("invoke.end")["error"] == "Extension.Crash"
            assert env.history.first("shutdown.begin")["reason"] == "failure"
    assert env.history.first("extension.crash")["code"] == code


@pytest.mark.parametrize("code", [0, 1])
def test_an_exit_between_invocations_is_a_crash_too(environment, extension, tmp_path, code):
    body = f"""
import threading
register("INVOKE", "SHUTDOWN")
threading.Thread(target=loop, daemon=True).start()
while not pathlib.Path("{tmp_path}/go").exists():
    time.sleep(0.005)
os._exit({code})
"""
    with environment([extension(body)]) as env:
        assert env.invoke().status == "success"
        env.wait_idle()
        (tmp_path / "go").touch()
        env.history.wait("extension.crash", code=code)
        env.invoke()
        env.wait_idle()
    assert env.history.last("invoke.end")["error"] == "Extension.Crash"


def test_one_that_crashes_takes_the_others_along(environment, extension):
    env = environment([extension("register()\nnext()\n", "none"), extension(OBEDIENT, "good"),
                       extension('register("INVOKE")\nnext()\n', "bad")])
    with env:
        env.invoke()
        env.wait_idle()
    assert env.output("good") == "shutdown failure\n"
    # Who registered for nothing sees nothing: it is killed.
    assert env.history.first("process.exited", name="none")["code"] == -signal.SIGKILL
    assert env.history.all("extension.event", name="none") == []


def test_what_cannot_be_started_fails_the_init(environment, tmp_path):
    path = tmp_path / "not-executable"
    path.write_text("#!/bin/sh\n")
    with pytest.raises(InitFailed) as failed:
        environment([path]).start()
    assert failed.value.error_type == "Extension.LaunchError"


def test_a_crash_of_the_runtime_resets_and_the_next_invocation_inits_again(
    environment, extension, tmp_path
):
    def handler(event, context):
        if event == "crash":
            sys.exit(7)
        return event

    kept = f'path = pathlib.Path("{tmp_path}/count")\n' \
           'path.write_text((path.read_text() if path.exists() else "") + "x")\n'
    with environment([extension(kept + OBEDIENT)], handler) as env:
        assert env.invoke("crash").error_type == "Runtime.ExitError"
        assert env.invoke("fine").json() == "fine"
    assert (tmp_path / "count").read_text() == "xx"
    assert [e["phase"] for e in env.history.all("init.begin")] == ["init", "invoke"]
    assert env.output("ext").startswith("shutdown failure\n")


def test_a_time_out_resets(environment, extension, tmp_path):
    stuck = threading.Event()
    kept = f'open("{tmp_path}/lives", "a").write("x")\n'
    with environment([extension(kept + OBEDIENT)], lambda event, context: stuck.wait(30),
                     timeout=0.3) as env:
        call = env.invoke()
        assert (call.status, call.error_type) == ("timeout", "Sandbox.Timedout")
        assert "Task timed out after 0.30 seconds" in call.json()["errorMessage"]
        env.wait_idle()
        stuck.set()
        env.settings.timeout = 30
        assert env.invoke().status == "success"
    assert env.output("ext").startswith("shutdown timeout\n")
    assert (tmp_path / "lives").read_text() == "xx"
    assert [e["phase"] for e in env.history.all("init.begin")] == ["init", "invoke"]
    assert env.history.first("platform.runtimeDone")["record"]["status"] == "timeout"


def test_an_extension_that_holds_beyond_the_time_out_resets_too(environment, extension):
    with environment([extension('register("INVOKE", "SHUTDOWN")\nnext()\ntime.sleep(60)')],
                     timeout=0.3) as env:
        assert env.invoke().status == "success"  # the response had gone out
        env.wait_idle()
    assert env.history.first("shutdown.begin")["reason"] == "timeout"
    assert env.history.first("process.killed", name="ext")["why"] == "deadline"


def test_who_does_not_go_at_shutdown_is_killed(environment, extension):
    stubborn = 'register("INVOKE", "SHUTDOWN")\nloop()\ntime.sleep(60)'
    silent = 'register("INVOKE")\nloop()'
    with environment([extension(stubborn, "stubborn"), extension(silent, "silent")]) as env:
        ended = env.shutdown()
    assert ended.killed == ["stubborn"]
    assert ended.codes == {"stubborn": -9, "silent": -9}
    why = env.history.first("process.killed", name="silent")["why"]
    assert why == "not registered for SHUTDOWN"
    order = [env.history.first("process.killed", name="stubborn").index,
             env.history.first("process.exited", name="stubborn").index,
             env.history.first("shutdown.end").index]
    assert order == sorted(order)


def test_the_runtime_has_its_share_of_shutdown_only(environment, extension):
    runtime = [sys.executable, "-c", (
        "import http.client, os, signal, threading\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "c = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
        "c.request('GET', '/2018-06-01/runtime/invocation/next')\n"
        "c.getresponse()\n")]
    with environment([extension(OBEDIENT)], runtime) as env:
        ended = env.shutdown()
    assert (ended.codes, ended.killed) == ({"ext": 0}, [])
    killed = env.history.first("process.killed", name="runtime")
    told = env.history.first("extension.event", type="SHUTDOWN")
    assert killed.index < told.index
    assert env.history.last("process.exited", name="runtime")["code"] == -signal.SIGKILL


def test_what_an_extension_cannot_see(environment, extension):
    body = OBEDIENT.replace("loop", 'say(json.dumps(dict(os.environ)))\nloop')
    with environment([extension(body)], environ={"OWN": "yes", "_PRIVATE": "no"}) as env:
        env.shutdown()
    seen = json.loads(env.output("ext").splitlines()[0])
    assert seen["OWN"] == "yes"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "orders"
    for name in ("_PRIVATE", "_HANDLER", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT"):
        assert name not in seen

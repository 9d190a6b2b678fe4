"""SnapStart, provisioned concurrency, Managed Instances: other ways to begin and to go on."""

import sys
import threading

import pytest

from lambda_local import InitFailed

OBEDIENT = 'register("INVOKE", "SHUTDOWN")\nloop()\n'


def indices(history, *kinds):
    return [history.first(kind).index for kind in kinds]


# pre-initialised environments


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start"])
def test_an_environment_that_is_never_invoked(environment, extension, kind):
    body = 'register("INVOKE", "SHUTDOWN")\nsay(os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"])\n' \
           'say(next()["eventType"])\n'
    with environment([extension(body)], initialization_type=kind, freeze=True) as env:
        assert env.shutdown().codes == {"ext": 0}
    assert env.output("ext").split() == [kind, "SHUTDOWN"]
    assert env.history.all("platform.start") == env.history.all("platform.restoreStart") == []


# SnapStart


def test_a_snapshot_is_taken_after_init_and_restored_once(environment, extension):
    with environment([extension(OBEDIENT)], initialization_type="snap-start") as env:
        env.history.first("environment.frozen")  # although this one does not freeze otherwise
        for number in range(2):
            assert env.invoke(number).json() == number
        env.wait_idle()
        env.shutdown()
    history = env.history
    order = indices(history, "platform.initStart", "runtime.restore_next", "platform.initReport",
                    "environment.frozen", "invoke.begin", "environment.thawed",
                    "platform.restoreStart", "runtime.next", "platform.restoreRuntimeDone",
                    "platform.restoreReport", "platform.start", "platform.report")
    assert order == sorted(order)
    assert history.first("platform.initStart")["record"]["phase"] == "snap-start"
    assert len(history.all("platform.restoreStart")) == 1
    metrics = [e["record"]["metrics"] for e in history.all("platform.report")]
    assert ["restoreDurationMs" in m for m in metrics] == [True, False]
    assert "initDurationMs" not in metrics[0]


def test_an_extension_is_not_told_of_the_restore(environment, extension):
    """It stands still in the snapshot, and goes on as if nothing had been."""
    body = """
import threading
register("INVOKE", "SHUTDOWN")
threading.Thread(target=loop).start()
while True:
    say("tick")
    time.sleep(0.001)
"""
    with environment([extension(body)], initialization_type="snap-start") as env:
        process = env.extension().process
        process.drain()
        before = env.output("ext")
        process.drain()
        assert env.output("ext") == before
        env.invoke()
        env.history.wait("extension.line", after=env.history.last("environment.thawed"))
    events = [e["type"] for e in env.history.all("extension.event")]
    assert events == ["INVOKE"]


def test_credentials_are_not_in_a_snapshot(environment, extension):
    body = """
say(sorted(name for name in os.environ if name.startswith("AWS_ACCESS")))
import urllib.request
request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    say(error.code)
request.add_header("Authorization", os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
say(sorted(json.load(urllib.request.urlopen(request))))
""" + OBEDIENT
    with environment([extension(body)], initialization_type="snap-start") as env:
        env.shutdown()
    assert env.output("ext").splitlines()[:3] == [
        "[]", "404", "['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']"]


RUNTIME = """
import http.client, os, sys
def call(method, path, body=None, **headers):
    client = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    client.request(method, "/2018-06-01/runtime/" + path, body,
                   {name.replace("_", "-"): text for name, text in headers.items()})
    answer = client.getresponse()
    answer.read()
    return answer
assert call("GET", "restore/next").status == 200
"""


@pytest.mark.parametrize("rest, error", [
    ('call("POST", "restore/error", "{}", '
     'Lambda_Runtime_Function_Error_Type="Runtime.RestoreHook")\ncall("GET", "invocation/next")',
     "Runtime.RestoreHook"),
    ("sys.exit(1)", "Runtime.ExitError")], ids=["told", "exit"])
def test_a_restore_that_fails(environment, extension, rest, error):
    runtime = [sys.executable, "-c", RUNTIME + rest]
    with environment([extension(OBEDIENT)], runtime, initialization_type="snap-start") as env:
        assert env.invoke().error_type == error
        env.wait_idle()
    assert env.history.first("platform.restoreReport")["record"]["errorType"] == error
    assert env.history.all("platform.start") == []
    assert env.output("ext") == "shutdown failure\n"


def test_a_runtime_of_its_own_is_restored(environment, extension):
    rest = """
event = call("GET", "invocation/next")
call("POST", "invocation/" + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", "7")
call("GET", "invocation/next")
"""
    runtime = [sys.executable, "-c", RUNTIME + rest]
    with environment([extension(OBEDIENT)], runtime, initialization_type="snap-start") as env:
        assert env.invoke().json() == 7


# Managed Instances


def test_an_environment_of_managed_instances(environment, extension):
    body = ('say(register("INVOKE", "SHUTDOWN")[0])\nregister("SHUTDOWN")\n'
            'say(os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"])\nsay(next()["eventType"])\n')
    together = threading.Barrier(3)

    def handler(event, context):
        together.wait(20)
        return event

    with environment([extension(body)], handler, managed_instances=True, concurrency=3) as env:
        calls = [env.begin(n) for n in range(3)]
        assert [env.wait(call).json() for call in calls] == [0, 1, 2]
        env.wait_idle()
        env.shutdown()
    assert env.output("ext").splitlines() == [
        "register 403 Extension.InvalidEventType", "403", "lambda-managed-instances", "SHUTDOWN"]
    assert env.history.all("platform.runtimeDone") == []
    assert len(env.history.all("platform.report")) == 3


MANAGED = 'register("SHUTDOWN")\n'


def test_managed_instances_are_never_frozen(environment, extension):
    with environment([extension(MANAGED + "loop()")], managed_instances=True, freeze=True) as env:
        env.invoke()
        env.wait_idle()
        env.shutdown()
    assert env.history.all("environment.frozen") == []


def test_managed_instances_take_the_newest_schema_only(environment, extension):
    body = MANAGED + 'subscribe(schema="2022-12-13")\nsubscribe()\nloop()'
    with environment([extension(body)], managed_instances=True) as env:
        env.shutdown()
    assert env.output("ext").splitlines() == ["telemetry 400 ValidationError", "shutdown spindown"]


def test_beyond_the_concurrency_an_invocation_waits(environment, extension):
    running, go = threading.Semaphore(0), threading.Event()

    def handler(event, context):
        running.release()
        go.wait(20)
        return event

    with environment([extension(MANAGED + "loop()")], handler, managed_instances=True,
                     concurrency=2) as env:
        calls = [env.begin(0), env.begin(1)]
        assert running.acquire(timeout=20) and running.acquire(timeout=20)
        third = threading.Thread(target=lambda: calls.append(env.begin(2)))
        third.start()
        third.join(0.2)
        assert third.is_alive()
        go.set()
        third.join(20)
        assert sorted(env.wait(call).json() for call in calls) == [0, 1, 2]
        env.wait_idle()
        assert env.shutdown().codes == {"ext": 0}


def test_a_time_out_does_not_end_managed_instances(environment, extension):
    go = threading.Event()

    def handler(event, context):
        if event == "hang":
            go.wait(20)
        return event

    with environment([extension(MANAGED + "loop()")], handler, managed_instances=True,
                     concurrency=2, timeout=0.5) as env:
        assert env.invoke("hang").status == "timeout"
        env.settings.timeout = 30
        assert env.invoke("fine").json() == "fine"
        go.set()
        env.wait_idle()
        env.shutdown()
    assert [e["reason"] for e in env.history.all("shutdown.begin")] == ["spindown"]
    reports = [e["record"]["status"] for e in env.history.all("platform.report")]
    assert sorted(reports) == ["success", "timeout"]


def test_a_crash_ends_managed_instances_with_all_that_runs(environment, extension, tmp_path):
    bad = MANAGED + f"""
import threading
threading.Thread(target=next, daemon=True).start()
while not pathlib.Path("{tmp_path}/go").exists():
    time.sleep(0.005)
os._exit(0)
"""
    running = threading.Semaphore(0)

    def handler(event, context):
        running.release()
        threading.Event().wait(1)

    env = environment([extension(bad, "bad"), extension(MANAGED + "loop()", "good")], handler,
                      managed_instances=True, concurrency=2)
    with env:
        calls = [env.begin(), env.begin()]
        assert running.acquire(timeout=20) and running.acquire(timeout=20)
        (tmp_path / "go").touch()
        assert {env.wait(call).error_type for call in calls} == {"Extension.Crash"}
        env.wait_idle()
        env.history.wait("environment.ended")
    assert env.output("good") == "shutdown failure\n"
    assert len(env.history.all("shutdown.begin")) == 1
    assert env.history.all("init.begin")[1:] == []


def test_managed_instances_fail_to_start_like_any(environment, extension):
    with pytest.raises(InitFailed) as failed:
        environment([extension("sys.exit(0)")], managed_instances=True).start()
    assert failed.value.error_type == "Extension.Crash"

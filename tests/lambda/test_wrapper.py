"""AWS_LAMBDA_EXEC_WRAPPER: the runtime is started by it, or the init phase says why not."""

import sys

import pytest

from lambda_local import InitFailed

# A runtime of a few lines: one answer, which tells its arguments and a variable.
RUNTIME = """
import http.client, json, os, sys
client = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    client.request("GET", "/2018-06-01/runtime/invocation/next")
    event = client.getresponse()
    event.read()
    seen = {"arguments": sys.argv[1:], "wrapped": os.environ.get("WRAPPED")}
    path = event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    client.request("POST", "/2018-06-01/runtime/invocation/" + path, json.dumps(seen))
    client.getresponse().read()
"""


@pytest.fixture
def wrapper(tmp_path):
    path = tmp_path / "wrapper"
    path.write_text('#!/bin/sh\nexport WRAPPED="${AWS_EXECUTION_ENV}"\nexec "$@" more\n')
    path.chmod(0o755)
    return path


def answer(environment, command, environ):
    with environment([], command, environ) as env:
        call = env.invoke()
        assert call.status == "success"
        return call.json()


def test_it_is_run_with_the_command_line_of_the_runtime(environment, wrapper):
    command = [sys.executable, "-c", RUNTIME, "a b", ""]
    seen = answer(environment, command, {"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
    assert seen == {"arguments": ["a b", "", "more"], "wrapped": "AWS_Lambda_python3.11"}
    assert answer(environment, command, {}) == {"arguments": ["a b", ""], "wrapped": None}
    assert answer(environment, command, {"AWS_LAMBDA_EXEC_WRAPPER": ""})["wrapped"] is None


def test_an_os_only_runtime_is_started_without(environment, wrapper, tmp_path):
    bootstrap = tmp_path / "bootstrap"
    bootstrap.write_text(f"#!{sys.executable}\n{RUNTIME}")
    bootstrap.chmod(0o755)
    environ = {"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)}
    assert answer(environment, [str(bootstrap)], environ) == {"arguments": [], "wrapped": None}


@pytest.mark.parametrize(("mode", "says", "code"), [
    (None, "does not exist", 127), (0o644, "is not an executable", 126),
])
def test_one_that_cannot_be_started_ends_the_runtime(environment, wrapper, mode, says, code):
    if mode:
        wrapper.chmod(mode)
    else:
        wrapper.unlink()
    env = environment([], [sys.executable, "-c", RUNTIME],
                      {"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
    with pytest.raises(InitFailed) as failed:
        env.start()
    assert failed.value.error_type == "Runtime.ExitError"
    assert env.output("runtime", "stderr") == f"{wrapper}: {says}\n"
    assert env.history.first("process.exited", name="runtime")["code"] == code

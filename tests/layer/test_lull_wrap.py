"""layer/lull-wrap: environment in, environment out, in the shells that images have as /bin/sh."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRAPPER = ROOT / "layer" / "lull-wrap"
# Debian's and Ubuntu's, Alpine's, Amazon Linux's.
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash", "--posix"]}
NOISE = {"PWD", "OLDPWD", "SHLVL", "_"}  # what shells put there themselves
OTLP = "OTEL_EXPORTER_OTLP_"
LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
HURRY = {
    "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BLRP_SCHEDULE_DELAY": "100",
    "OTEL_METRIC_EXPORT_INTERVAL": "10000", "OTEL_METRIC_EXPORT_TIMEOUT": "10000",
}


@pytest.fixture(scope="module", autouse=True)
def shells():
    subprocess.run([ROOT / "scripts" / "packages", "dash", "busybox", "bash"], check=True)


@pytest.fixture(params=SHELLS)
def shell(request):
    name, *arguments = SHELLS[request.param]
    return [shutil.which(name), *arguments]


@pytest.fixture
def opt(tmp_path):
    """/opt as the layer makes it, in a folder whose name a shell could stumble over."""
    folder = tmp_path / "the opt $(exit)"
    (folder / "extensions").mkdir(parents=True)
    shutil.copy(WRAPPER, folder / "lull-wrap")
    (folder / "extensions" / "lull").touch(0o755)
    return folder


def wrap(shell, opt, environ, *command, **options):
    """No PATH unless the test gives one: what the wrapper needs is in the shell."""
    return subprocess.run([*shell, str(opt / "lull-wrap"), *command], env={"PATH": "", **environ},
                          capture_output=True, text=True, timeout=60, **options)


def environment_of(shell, opt, environ):
    """What the command gets, shells' own variables aside."""
    done = wrap(shell, opt, environ, shutil.which("env"), "-0")
    assert (done.returncode, done.stderr) == (0, "")
    pairs = dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
    return {name: value for name, value in pairs.items() if name not in NOISE}


def otlp(**settings):
    return {OTLP + name: value for name, value in settings.items()}


def http(port=4318, **more):
    return otlp(PROTOCOL="http/protobuf", ENDPOINT=f"http://localhost:{port}", **more)


def grpc(port=4317, **more):
    return otlp(PROTOCOL="grpc", ENDPOINT=f"http://localhost:{port}", **more)


SECRET = otlp(**{
    signal + name: f"secret {signal}{name}"
    for signal in ("", "TRACES_", "LOGS_", "METRICS_")
    for name in ("HEADERS", "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY", "COMPRESSION",
                 "INSECURE")
})
BACKEND = "https://otlp.example.com"
OTHER = {  # the SDK's own affair, and the shell's own names among them
    "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "console,otlp",
    "OTEL_SDK_DISABLED": "true", "OTEL_SERVICE_NAME": "a 'b' \"c\" $d `e` \\ \n f",
    "OTEL_TRACES_SAMPLER": "always_off", "OTEL_EXPORTER_OTLP_TIMEOUT": "500",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
    "LULL_ENDPOINT": BACKEND, "LULL_HEADERS": "x=y", "LULL_ENABLED": "true",
    "NO_PROXY": "169.254.169.254", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/lull-wrap", "EMPTY": "",
}

# environment in -> what is there that was not, or is other; all else is as it was
CASES = {
    "nothing set": ({}, http()),
    "direct export": (otlp(ENDPOINT=BACKEND), http()),
    "everything for TLS and the backend goes": ({**SECRET, **otlp(ENDPOINT=BACKEND)}, http()),
    "all else stays": (OTHER, http()),
    "empty is not set": (
        {**otlp(ENDPOINT="", PROTOCOL="", TRACES_PROTOCOL=""), "OTEL_BSP_SCHEDULE_DELAY": "",
         "LULL_HTTP_PORT": "", "LULL_WRAP_NEXT": "", "OTEL_METRIC_EXPORT_INTERVAL": ""}, http()),
    "one endpoint for each signal": (
        otlp(TRACES_ENDPOINT=BACKEND + "/t", LOGS_ENDPOINT=BACKEND + "/l",
             METRICS_ENDPOINT=BACKEND + "/m"), http()),
    "http/protobuf": (otlp(PROTOCOL="http/protobuf", ENDPOINT=BACKEND), http()),
    "http/json": (otlp(PROTOCOL="http/json"),
                  otlp(PROTOCOL="http/json", ENDPOINT="http://localhost:4318")),
    "grpc": (otlp(PROTOCOL="grpc", ENDPOINT=BACKEND), grpc()),
    "grpc by the port": (otlp(ENDPOINT=BACKEND + ":4317"), grpc()),
    "grpc by the port, with a path": (otlp(ENDPOINT=BACKEND + ":4317/"), grpc()),
    "gRPC in the name alone": (otlp(ENDPOINT="https://grpc.example.com/grpc,a"), http()),
    "another port": (otlp(ENDPOINT=BACKEND + ":14317"), http()),
    "a protocol is more than a port": (
        otlp(ENDPOINT=BACKEND + ":4317", PROTOCOL="http/protobuf"), http()),
    "one signal by grpc": (
        otlp(TRACES_PROTOCOL="grpc", TRACES_ENDPOINT=BACKEND),
        http(TRACES_PROTOCOL="grpc", TRACES_ENDPOINT="http://localhost:4317")),
    "one signal by grpc, by its port": (
        otlp(LOGS_ENDPOINT=BACKEND + ":4317", ENDPOINT=BACKEND),
        http(LOGS_PROTOCOL="grpc", LOGS_ENDPOINT="http://localhost:4317")),
    "one signal by HTTP": (
        otlp(PROTOCOL="grpc", METRICS_PROTOCOL="http/protobuf", METRICS_ENDPOINT=BACKEND),
        grpc(METRICS_PROTOCOL="http/protobuf",
             METRICS_ENDPOINT="http://localhost:4318/v1/metrics")),
    "one signal by HTTP, by its port": (
        otlp(ENDPOINT=BACKEND + ":4317", TRACES_ENDPOINT=BACKEND + "/v1/traces"),
        grpc(TRACES_PROTOCOL="http/protobuf", TRACES_ENDPOINT="http://localhost:4318/v1/traces")),
    "one signal by another HTTP": (
        otlp(LOGS_PROTOCOL="http/json"), http(LOGS_PROTOCOL="http/json")),
    "ports of lull": ({"LULL_HTTP_PORT": "5318"}, http(5318)),
    "ports of lull, grpc": ({"LULL_GRPC_PORT": "5317", **otlp(PROTOCOL="grpc")}, grpc(5317)),
    "a port with noughts": ({"LULL_HTTP_PORT": "0005318"}, http(5318)),
    "the last port": ({"LULL_HTTP_PORT": "65535"}, http(65535)),
    **{f"no port: {port}": ({"LULL_HTTP_PORT": port}, http())
       for port in ("0", "000", "65536", "123456", "4318x", "-1", " 5318", "99999999999999999999")},
    "delays that were chosen": (
        {"OTEL_BSP_SCHEDULE_DELAY": "5000", "OTEL_BLRP_SCHEDULE_DELAY": "1",
         "OTEL_METRIC_EXPORT_INTERVAL": "60000", "OTEL_METRIC_EXPORT_TIMEOUT": "7"},
        {**http(), "OTEL_BSP_SCHEDULE_DELAY": "5000", "OTEL_BLRP_SCHEDULE_DELAY": "1",
         "OTEL_METRIC_EXPORT_INTERVAL": "60000", "OTEL_METRIC_EXPORT_TIMEOUT": "7"}),
    "an interval without a time-out": (
        {"OTEL_METRIC_EXPORT_INTERVAL": "500"},
        {**http(), "OTEL_METRIC_EXPORT_INTERVAL": "500", "OTEL_METRIC_EXPORT_TIMEOUT": None}),
    "a time-out longer than the interval would be": (
        {"OTEL_METRIC_EXPORT_TIMEOUT": "30000"},
        {**http(), "OTEL_METRIC_EXPORT_INTERVAL": None, "OTEL_METRIC_EXPORT_TIMEOUT": "30000"}),
    "a proxy": (
        {"HTTPS_PROXY": "http://proxy:3128"},
        {**http(), "NO_PROXY": "localhost", "no_proxy": "localhost"}),
    "a proxy and a list": (
        {"http_proxy": "http://proxy:3128", "NO_PROXY": "169.254.169.254"},
        {**http(), "NO_PROXY": "localhost,169.254.169.254",
         "no_proxy": "localhost,169.254.169.254"}),
    "a proxy and two lists": (
        {"http_proxy": "http://proxy:3128", "NO_PROXY": "a", "no_proxy": "b"},
        {**http(), "NO_PROXY": "localhost,a", "no_proxy": "localhost,b"}),
    "a proxy for nothing": ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, http()),
}


@pytest.mark.parametrize("case", CASES)
def test_environment(shell, opt, case):
    given, changed = CASES[case]
    given = {**LAMBDA, **given}
    removed = {name for name in given if name in SECRET or (
        name.startswith(OTLP) and name.endswith("_ENDPOINT"))} | {"LULL_WRAP_NEXT"}
    kept = {name: value for name, value in given.items() if name not in removed}
    wanted = {**kept, **HURRY, **changed}
    have = environment_of(shell, opt, given)
    assert have.pop("PATH") == ""
    assert have == {name: value for name, value in wanted.items() if value is not None}
    assert "secret" not in str(have)


PYTHON = "opentelemetry/exporter/otlp"
NODE = "node_modules/@opentelemetry/exporter"
SITE = "lib/python3.13/site-packages"
LOGS_BY_HTTP = http(TRACES_PROTOCOL="grpc", TRACES_ENDPOINT="http://localhost:4317")
TRACES_BY_HTTP = grpc(TRACES_PROTOCOL="http/protobuf",
                      TRACES_ENDPOINT="http://localhost:4318/v1/traces")

# packages that are there, in folders of this test -> what is there that was not, or is other
DEPLOYED = {
    "Python, both": (
        [f"task/{PYTHON}/proto/grpc", f"task/{PYTHON}/proto/http"], {}, http()),
    "Python, HTTP": ([f"task/{PYTHON}/proto/http"], {}, http()),
    "Python, gRPC and http/json": (
        [f"task/{PYTHON}/proto/grpc", f"task/{PYTHON}/json/http"], {}, http()),
    **{f"Python, gRPC in {folder}": ([f"{folder}/{PYTHON}/proto/grpc"], {}, grpc())
       for folder in ("task", "opt/python", f"opt/python/{SITE}", f"runtime/{SITE}", "working",
                      "b", f"venv/{SITE}")},
    "Python, gRPC in the function, HTTP in a layer": (
        [f"task/{PYTHON}/proto/grpc", f"opt/python/{PYTHON}/proto/http"], {}, http()),
    "Python, gRPC in the function, HTTP on the path": (
        [f"task/{PYTHON}/proto/grpc", f"c/{PYTHON}/proto/http"], {}, http()),
    "a port that says nothing": (
        [f"task/{PYTHON}/proto/grpc"], otlp(ENDPOINT=BACKEND + ":4318"), grpc()),
    "a protocol is more than packages": (
        [f"task/{PYTHON}/proto/grpc"], otlp(PROTOCOL="http/protobuf"), http()),
    "so is that of one signal": (
        [f"task/{PYTHON}/proto/grpc"], otlp(TRACES_PROTOCOL="http/protobuf"), TRACES_BY_HTTP),
    "the ports of lull": ([f"task/{PYTHON}/proto/grpc"], {"LULL_GRPC_PORT": "5317"}, grpc(5317)),
    **{f"Node, gRPC in {folder}": ([f"{folder}/{NODE}-trace-otlp-grpc"], {}, grpc())
       for folder in ("task", "opt/nodejs", "opt/nodejs/node22", "working", "d")},
    "Node, http/json": ([f"task/{NODE}-trace-otlp-http"], {}, http()),
    "Node, all": ([f"task/{NODE}-{name}-otlp-{kind}" for name in ("trace", "logs", "metrics")
                   for kind in ("grpc", "http", "proto")], {}, http()),
    "Node, traces alone by gRPC": (
        [f"task/{NODE}-trace-otlp-grpc", f"opt/nodejs/{NODE}-logs-otlp-proto"], {}, LOGS_BY_HTTP),
    "Node, metrics by gRPC, with what they need": (
        [f"task/{NODE}-trace-otlp-grpc", f"task/{NODE}-metrics-otlp-grpc",
         f"task/{NODE}-metrics-otlp-http"], {}, grpc()),
    "Node, metrics by both": (
        [f"task/{NODE}-trace-otlp-grpc", f"task/{NODE}-metrics-otlp-grpc",
         f"task/{NODE}-metrics-otlp-proto"], {}, LOGS_BY_HTTP),
    "Node, metrics by both as traces are by HTTP": (
        [f"task/{NODE}-trace-otlp-http", f"task/{NODE}-metrics-otlp-grpc",
         f"task/{NODE}-metrics-otlp-http"], {}, http()),
    "Node, a protocol is more than packages": (
        [f"task/{NODE}-trace-otlp-grpc"], otlp(TRACES_PROTOCOL="http/json"),
        grpc(TRACES_PROTOCOL="http/json", TRACES_ENDPOINT="http://localhost:4318/v1/traces")),
    "no SDK": (["task/opentelemetry/trace", "task/node_modules/@opentelemetry/api"], {}, http()),
}


@pytest.mark.parametrize("case", DEPLOYED)
def test_the_exporters_that_are_deployed(shell, opt, tmp_path, case):
    folders, given, changed = DEPLOYED[case]
    here = opt.parent
    for folder in [*folders, "task", "working", "runtime/bin"]:
        inner = folder.replace("opt", opt.name, 1) if folder.startswith("opt/") else folder
        (here / inner).mkdir(parents=True, exist_ok=True)
    program = here / "runtime" / "bin" / "python3.13"
    program.symlink_to(shutil.which("env"))
    given = {**LAMBDA, **given, "LAMBDA_TASK_ROOT": str(here / "task"),
             "PYTHONPATH": f"{here}/a::{here}/b:{here}/c", "NODE_PATH": f"{here}/d/node_modules",
             "VIRTUAL_ENV": f"{here}/venv"}
    done = wrap(shell, opt, given, str(program), "-0", cwd=here / "working")
    assert (done.returncode, done.stderr) == (0, "")
    have = dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
    wanted = {**{name: value for name, value in given.items() if not name.startswith(OTLP)},
              **HURRY, **changed, "PATH": ""}
    assert {name: value for name, value in have.items() if name not in NOISE} == wanted


def test_a_second_time_changes_nothing_more(shell, opt):
    for given in (otlp(ENDPOINT=BACKEND),
                  otlp(ENDPOINT=BACKEND + ":4317", LOGS_PROTOCOL="http/json"),
                  {"LULL_GRPC_PORT": "5317", **otlp(TRACES_PROTOCOL="grpc")}):
        once = environment_of(shell, opt, {**LAMBDA, **given})
        assert environment_of(shell, opt, once) == once


# As extension/domain/config_values.c takes it; what lull does not understand leaves it on.
OFF = ("false", "FALSE", "False", "0", "no", "No", "off", "OFF")
ON = ("true", "1", "yes", "on", "", "falsee", " false", "00", "disabled")


@pytest.mark.parametrize("word", OFF + ON)
def test_switched_off(shell, opt, word):
    given = {**LAMBDA, **SECRET, **otlp(ENDPOINT=BACKEND), "HTTP_PROXY": "http://proxy:3128",
             "LULL_ENABLED": word}
    have = environment_of(shell, opt, given)
    if word in OFF:
        assert have == {"PATH": "", **given}
    else:
        assert have[OTLP + "ENDPOINT"] == "http://localhost:4318"


def test_without_lull_nothing_changes(shell, opt):
    given = {**LAMBDA, **SECRET, **otlp(ENDPOINT=BACKEND)}
    (opt / "extensions" / "lull").chmod(0o644)
    assert environment_of(shell, opt, given) == {"PATH": "", **given}
    (opt / "extensions" / "lull").unlink()
    assert environment_of(shell, opt, given) == {"PATH": "", **given}


def test_outside_of_lambda_nothing_changes(shell, opt):
    """The same image elsewhere: no extension is started there."""
    given = {**SECRET, **otlp(ENDPOINT=BACKEND)}
    assert environment_of(shell, opt, given) == {"PATH": "", **given}


def test_started_as_programs_are(opt):
    """By its path, and by its name alone from PATH: it finds lull beside it."""
    for first, path in ((str(opt / "lull-wrap"), ""), ("lull-wrap", str(opt))):
        done = subprocess.run(
            ["/usr/bin/env", f"PATH={path}", first, shutil.which("env")], text=True,
            env=LAMBDA, capture_output=True, timeout=60, check=True)
        assert f"{OTLP}ENDPOINT=http://localhost:4318\n" in done.stdout


def test_started_in_its_own_folder(shell, opt):
    done = subprocess.run([*shell, "lull-wrap", shutil.which("env")], env=LAMBDA, cwd=opt,
                          text=True, capture_output=True, timeout=60, check=True)
    assert f"{OTLP}ENDPOINT=http://localhost:4318\n" in done.stdout


ARGUMENTS = ["", "a b", "*", "$HOME", "-n", "'", "\\", "x\ny"]
SHOW = 'printf "%s|" "$$" "$@"'


def test_command_line_and_process(shell, opt):
    """Every argument as it was, and the command takes the wrapper's own place as a process."""
    with subprocess.Popen([*shell, str(opt / "lull-wrap"), "/bin/sh", "-c", SHOW, "sh", *ARGUMENTS],
                          env=LAMBDA, stdout=subprocess.PIPE, text=True) as process:
        out, _ = process.communicate(timeout=60)
    assert out.split("|")[:-1] == [str(process.pid), *ARGUMENTS]


def test_the_exit_code_is_the_commands(shell, opt):
    assert wrap(shell, opt, LAMBDA, "/bin/sh", "-c", "exit 7").returncode == 7
    assert wrap(shell, opt, LAMBDA, "/nowhere/bootstrap").returncode == 127


def test_no_command(shell, opt):
    done = wrap(shell, opt, LAMBDA)
    assert (done.returncode, done.stderr) == (2, "usage: lull-wrap COMMAND...\n")


@pytest.fixture
def another(tmp_path):
    """A wrapper of somebody else's."""
    path = tmp_path / "other wrapper"
    path.write_text(f'#!/bin/sh\nprintf "%s|" "${OTLP}ENDPOINT" "${{LULL_WRAP_NEXT-none}}"\n'
                    'exec "$@" more\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("lull", [True, False])
def test_another_wrapper(shell, opt, another, lull):
    if not lull:
        (opt / "extensions" / "lull").unlink()
    environ = {**LAMBDA, **otlp(ENDPOINT=BACKEND), "LULL_WRAP_NEXT": str(another)}
    done = wrap(shell, opt, environ, "/bin/sh", "-c", 'printf "%s|" "$@"', "sh", *ARGUMENTS)
    endpoint = "http://localhost:4318" if lull else BACKEND
    assert done.stdout.split("|")[:-1] == [endpoint, "none", *ARGUMENTS, "more"]
    assert done.stderr == ""


def test_itself_as_the_other_wrapper(shell, opt):
    done = wrap(shell, opt, {**LAMBDA, "LULL_WRAP_NEXT": str(opt / "lull-wrap")},
                "/bin/sh", "-c", "echo here")
    assert (done.stdout, done.stderr, done.returncode) == ("here\n", "", 0)


@pytest.mark.parametrize("mode", [None, 0o644])
def test_another_wrapper_that_cannot_be_run(shell, opt, another, mode):
    """It is named, and the function runs."""
    if mode:
        another.chmod(mode)
    else:
        another.unlink()
    environ = {**LAMBDA, "LULL_WRAP_NEXT": str(another)}
    done = wrap(shell, opt, environ, "/bin/sh", "-c", "echo here")
    assert (done.stdout, done.returncode) == ("here\n", 0)
    assert done.stderr == (f"lull-wrap: LULL_WRAP_NEXT={another} cannot be run: "
                           "going on without it\n")


def test_it_runs_from_the_tree():
    assert os.access(WRAPPER, os.X_OK)

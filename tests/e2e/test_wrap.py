"""layer/lull-wrap: functions that were written for direct export to a backend far away go through
lull, without a change in them; and export directly as before where there is no lull."""

import os
import shutil
import sys
from pathlib import Path

import pytest

import functions
import otlp
from backend import Answer, Sink
from lambda_local import LambdaEnvironment
from test_tls import make_certificate

ROOT = Path(__file__).resolve().parents[2]
HEADERS = {"authorization": "Bearer abc def", "x-team": "orders"}
SPANS = ["charge card", "direct"]


@pytest.fixture
def wrapper(tmp_path):
    """As in /opt: beside the folder in which lambda_env puts its copy of lull."""
    return Path(shutil.copy(ROOT / "layer" / "lull-wrap", tmp_path))


@pytest.fixture
def backend(history, tmp_path):
    """It speaks TLS, and only those are served who know the secret."""
    authority = make_certificate(tmp_path, "ca")
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    sink = Sink(history, certificate=certificate)
    sink.authority = authority[0]
    sink.judge = lambda received: None if knows_the_secret(received) else Answer(401)
    yield sink
    sink.close()


def knows_the_secret(received):
    return {name: received.headers.get(name) for name in HEADERS} == HEADERS


def direct_export(backend):
    """What somebody has set who exports directly."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend.url,
        "OTEL_EXPORTER_OTLP_CERTIFICATE": str(backend.authority),
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc%20def,x-team=orders",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_METRIC_EXPORT_INTERVAL": "250",
    }


@pytest.fixture
def direct():
    """The Python function that makes its exporters in code and flushes nothing."""
    return {"runtime": [sys.executable, "-m", "awslambdaric", "direct.handler"],
            "task_root": ROOT / "tests" / "functions" / "python", "handler": "direct.handler"}


def node_in(folder):
    """Options for lambda_env: the Node function in that folder."""
    client = folder / "node_modules" / "aws-lambda-ric" / "index.mjs"
    return {"runtime": [str(folder / "bin" / "node"), str(client), "function.handler"],
            "task_root": folder, "handler": "function.handler",
            "init_timeout": 60, "timeout": 60, "memory_size": 512}


@pytest.fixture(scope="module")
def node():
    return node_in(functions.build("node"))


def deploy(packages, folder, left_out):
    """The packages, but for those left out, as a deployment has them: each is the installed one."""
    folder.mkdir()
    for package in packages.iterdir():
        inner = [path for path in left_out if path.parts[0] == package.name]
        if package.is_file():  # no link: Node would look for packages beside where that leads
            shutil.copy(package, folder)
        elif not inner:
            (folder / package.name).symlink_to(package)
        elif inner != [Path(package.name)]:
            deploy(package, folder / package.name, [path.relative_to(package.name)
                                                    for path in inner])


@pytest.fixture
def python_with_grpc_alone(tmp_path):
    """The Python function that makes its exporters in code, with its packages beside it, by an
    interpreter that has none of its own."""
    exporters = Path("opentelemetry", "exporter", "otlp")
    deploy(Path(pytest.__file__).parents[1], tmp_path / "task",
           [exporters / "proto" / "http", exporters / "json"])
    (tmp_path / "task" / "direct.py").symlink_to(ROOT / "tests/functions/python/direct.py")
    return {"runtime": [os.path.realpath(sys.executable), "-m", "awslambdaric", "direct.handler"],
            "task_root": tmp_path / "task", "handler": "direct.handler"}


@pytest.fixture
def node_with_grpc_alone(tmp_path):
    """With the exporter for metrics by gRPC npm installs the one by HTTP, which it needs."""
    scope = Path("node_modules", "@opentelemetry")
    names = ("exporter-trace-otlp-http", "exporter-logs-otlp-http", "exporter-trace-otlp-proto",
             "exporter-logs-otlp-proto", "exporter-metrics-otlp-proto")
    deploy(functions.build("node"), tmp_path / "task", [scope / name for name in names])
    return node_in(tmp_path / "task")


def await_direct(history, backend):
    """Until one order of the Python function is at the backend, whole."""
    with history.changed:
        there = history.changed.wait_for(
            lambda: sorted(backend.names()) == SPANS and backend.names("metrics")
            and "order a charged" in backend.names("logs"), 60)
    assert there, history.dump()


def check_sent_by_lull(backend, books):
    """Nothing came from the function itself, all has the headers, and the books close."""
    for request in backend.requests:
        assert request.headers.get("User-Agent", "lull").startswith("lull")
        assert request.accepted
    for signal in otlp.SIGNALS:
        sent = len(backend.items(signal))
        assert books[signal]["received"] == books[signal]["exported"] == sent > 0, books


def test_a_function_that_never_flushes(lambda_env, direct, wrapper, backend, history, tmp_path):
    """What its processors still hold when it freezes comes with the next invocation."""
    env = lambda_env(copy=True, freeze=True, **direct, environ={
        **direct_export(backend), "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper),
        "HTTP_PROXY": "http://localhost:9"})  # this SDK would look for localhost behind it
    with env:
        settings = env.invoke({"order": "a"}).json()["settings"]
        second = env.begin({"until": str(tmp_path / "go")})
        await_direct(history, backend)
        (tmp_path / "go").touch()
        assert env.wait(second).status == "success"
        books = env.finish()
    assert settings == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{env.port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BLRP_SCHEDULE_DELAY": "100",
        "OTEL_METRIC_EXPORT_INTERVAL": "250",
    }
    check_sent_by_lull(backend, books)
    assert {item["resource"]["service.name"] for item in backend.items("traces")} == {"direct"}


def test_a_function_that_flushes(lambda_env, node, wrapper, backend):
    env = lambda_env(copy=True, **node, environ={
        **direct_export(backend), "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
    with env:
        assert env.invoke({"order": "a"}).status == "success"
        env.wait_idle()
        assert env.invoke({"order": "b", "error": "no money"}).status == "error"
        books = env.finish()
    check_sent_by_lull(backend, books)
    assert backend.names().count("orders") == 2
    assert {"orders.placed", "orders.amount"} == set(backend.names("metrics"))
    printed = [body for body in backend.names("logs") if isinstance(body, str)]
    assert {"order a came in", "order b came in"} <= set(printed)
    assert {"order": "a", "left": 3} in backend.names("logs")  # the SDK's own


def test_a_function_that_speaks_grpc(lambda_env, node, wrapper, collector):
    """It goes on speaking it, but to lull, and lull speaks it to the backend."""
    env = lambda_env(copy=True, **node, environ={
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{collector.grpc_port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
    with env:
        assert env.invoke({"order": "a"}).status == "success"
        books = env.finish()
    for signal in otlp.SIGNALS:
        sent = len(collector.items(signal))
        assert books[signal]["received"] == books[signal]["exported"] == sent > 0, books


def test_a_python_function_with_grpc_alone(
    lambda_env, python_with_grpc_alone, wrapper, backend, history, tmp_path
):
    """Nobody says so, and its backend takes HTTP as well: it is seen by what is deployed."""
    env = lambda_env(copy=True, **python_with_grpc_alone, environ={
        **direct_export(backend), "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
    with env:
        answer = env.invoke({"order": "a"}).json()
        second = env.begin({"until": str(tmp_path / "go")})
        await_direct(history, backend)
        (tmp_path / "go").touch()
        assert env.wait(second).status == "success"
        books = env.finish()
    assert answer["package"] == "opentelemetry.exporter.otlp.proto.grpc"
    assert answer["settings"]["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc"
    assert (answer["settings"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
            == f"http://localhost:{env.grpc_port}")
    check_sent_by_lull(backend, books)


def test_a_node_function_with_grpc_alone(lambda_env, node_with_grpc_alone, wrapper, backend):
    """It takes the exporters of the protocol that is named, and there are no others."""
    env = lambda_env(copy=True, **node_with_grpc_alone, environ={
        **direct_export(backend), "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
    with env:
        assert env.invoke({"order": "a"}).status == "success"
        books = env.finish()
    check_sent_by_lull(backend, books)
    assert "charge card" in backend.names()


def test_an_os_only_runtime_calls_it(lambda_env, wrapper, backend, tmp_path):
    """`provided.*`: Lambda starts a bootstrap and honours no variable."""
    bootstrap = tmp_path / "bootstrap"
    bootstrap.write_text(f'#!/bin/sh\nexec "{wrapper}" "{functions.build("go")}"\n')
    bootstrap.chmod(0o755)
    env = lambda_env([str(bootstrap)], copy=True, handler="bootstrap", task_root=tmp_path,
                     environ=direct_export(backend))
    with env:
        assert env.invoke({"order": "a"}).status == "success"
        books = env.finish()
    check_sent_by_lull(backend, books)
    assert "charge card" in backend.names()


@pytest.mark.parametrize("why", ["absent", "off"])
def test_without_lull_it_exports_directly(
    lambda_env, direct, wrapper, backend, history, tmp_path, why
):
    environ = {**direct_export(backend), "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper),
               "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BLRP_SCHEDULE_DELAY": "50"}
    if why == "off":
        env = lambda_env(copy=True, environ={**environ, "LULL_ENABLED": "Off"}, **direct)
    else:
        env = LambdaEnvironment([], environ=environ, history=history, **direct)
    with env:
        settings = env.invoke({"order": "a"}).json()["settings"]
        await_direct(history, backend)
        env.wait_idle()
        assert set(env.shutdown().codes.values()) <= {0}
    assert settings == {name: value for name, value in environ.items() if name.startswith("OTEL_")}
    for request in backend.requests:
        assert request.headers["User-Agent"].startswith("OTel-OTLP-Exporter-Python")
        assert request.accepted

"""Runs the Python function twice in the local Lambda: with lull, or exporting by itself."""

import os
import platform
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lambda_local import InitFailed, LambdaEnvironment
from ledger import close_books, ledger
from ports import is_free

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = ROOT / "tests" / "functions" / "python"
HANDLER = "function.handler"
FUNCTION_NAME = "orders"
# One order goes well, one does not. See the function for what the keys ask for.
ORDERS = (
    {"order": "1001", "sleep": 0.03, "spans": 2},
    {"order": "1002", "sleep": 0.02, "error": "out of stock"},
)
INVOCATION_SECONDS = 10.0
# Set by the demo, or senseless in it, whatever the environment says.
OURS = {"LULL_BINARY", "LULL_CACHE", "LULL_ENABLED", "LULL_ENDPOINT", "LULL_HTTP_PORT"}


class DemoFailed(Exception):
    """The first line says what is wrong; `details` is what somebody else said about it."""

    def __init__(self, message, details=""):
        super().__init__(message)
        self.details = details


@dataclass(frozen=True)
class Call:
    """One invocation. The caller waits `latency` ms, AWS bills `billed` ms."""

    order: str
    request_id: str
    latency: float
    billed: int


@dataclass(frozen=True)
class Run:
    calls: list
    lines: list  # what the function wrote, without the newlines
    books: dict | None = None  # lull's ledger
    log: str = ""  # what lull wrote beside it


def lull_binary():
    host = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    path = Path(os.environ.get("LULL_BINARY", ROOT / "build" / host / "lull")).resolve()
    if not path.is_file():
        raise DemoFailed(f"{path} is not there: run make first")
    return path


def lull_version(binary):
    try:
        told = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, text=True, check=True,
                              timeout=10)
    except (OSError, subprocess.SubprocessError) as error:
        raise DemoFailed(f"{binary} does not run: {error}") from error
    version = told.stdout.strip()
    if not version.startswith("lull "):
        raise DemoFailed(f"{binary} is not lull")
    return version


def free_port():
    """Below the range of ephemeral ports, so that no connection takes it before lull does."""
    ports = random.sample(range(24000, 32000), 100)
    for port in ports:
        if is_free(port):
            return port
    raise DemoFailed("no free port for lull on localhost")


def callers_settings():
    """The LULL_* variables of whoever started the demo: headers above all."""
    return {name: value for name, value in os.environ.items()
            if name.startswith("LULL_") and name not in OURS}


def run_directly(endpoint):
    """No lull: the SDK exports to the backend, and the handler waits until that is done."""
    with _environment([], {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) as env:
        calls = _invoke(env)
        _shutdown(env)
        return Run(calls, _lines(env))


def run_with_lull(binary, endpoint, port, settings=None, exporter=None):
    """The SDK exports to `exporter` (lull itself), lull to the backend; and nothing else does, so
    that the ways can be compared."""
    environ = {"LULL_PLATFORM_METRICS": "false", "LULL_INVOCATION_SPANS": "never",
               "LULL_PLATFORM_LOGS": "none", "LULL_SELF_LOGS": "false", **(settings or {}),
               "LULL_HTTP_PORT": str(port), "LULL_ENDPOINT": endpoint,
               "OTEL_EXPORTER_OTLP_ENDPOINT": exporter or f"http://localhost:{port}"}
    with _environment([binary], environ) as env:
        calls = _invoke(env)
        _shutdown(env)
        output = env.output(binary.name)
        try:
            books = close_books(ledger(output))
        except (AssertionError, KeyError, ValueError) as error:
            raise DemoFailed("lull's ledger is missing or does not add up", str(error)) from error
        log = "\n".join(s for s in output.splitlines() if '"lull_ledger"' not in s)
        return Run(calls, _lines(env), books, log)


@contextmanager
def _environment(extensions, environ):
    """With every failure in it told in a way that helps: what lull and the function wrote."""
    env = LambdaEnvironment(
        extensions, [sys.executable, "-m", "awslambdaric", HANDLER], environ, freeze=True,
        timeout=INVOCATION_SECONDS, task_root=FUNCTION, handler=HANDLER,
        function_name=FUNCTION_NAME)
    try:
        env.start()
        yield env
    except InitFailed as error:
        raise DemoFailed(f"the local Lambda did not start: {error}", _outputs(env)) from error
    except DemoFailed as failed:
        failed.details = failed.details or _outputs(env)
        raise
    except AssertionError as error:  # of the local Lambda: the history follows the first line
        message = str(error).partition("\n")[0]
        raise DemoFailed(f"the local Lambda is stuck: {message}", _outputs(env)) from error
    finally:
        env.close()


def _outputs(env):
    texts = []
    for name in dict.fromkeys(process.name for life in env.lives for process in life.processes):
        text = (env.output(name) + env.output(name, "stderr")).strip()
        if text:
            texts.append(f"{name} wrote:\n{text[-3000:]}")
    return "\n".join(texts)


def _invoke(env):
    calls = []
    for event in ORDERS:
        invocation = env.invoke(event)
        wanted = "error" if "error" in event else "success"
        if invocation.status != wanted or wanted == "error" and (
                invocation.json().get("errorMessage") != event["error"]):
            raise DemoFailed(f"the invocation for order {event['order']} ended with "
                             f"{invocation.status}: {invocation.response.decode()[:500]}")
        env.wait_idle()  # the report comes when lull, too, has asked for the next event
        env.history.first("environment.frozen", after=env.history.last("invoke.begin"))
        report = env.history.last("platform.report")["record"]
        calls.append(Call(event["order"], invocation.request_id,
                          (invocation.responded - invocation.started) * 1000,
                          report["metrics"]["billedDurationMs"]))
    return calls


def _shutdown(env):
    ended = env.shutdown()
    if ended.killed:
        raise DemoFailed("lull did not exit within the time that SHUTDOWN gives, and was killed")
    if any(ended.codes.values()):
        raise DemoFailed(f"lull exited with {set(ended.codes.values())} at SHUTDOWN")


def _lines(env):
    return [event["line"] for event in env.history.all("function.line")]

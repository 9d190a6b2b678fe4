"""What tests use: an environment that is started, invoked, frozen, reset and shut down."""

import json
import secrets
import sys
import threading
import time
from dataclasses import dataclass

from . import credentials, extensions, runtime, telemetry
from .clock import ActiveClock
from .history import History
from .http_server import Server, plain_answer
from .life import Failure, Life
from .network import Here
from .runtime import Invocation
from .settings import MANAGED_INSTANCES, Settings


class InitFailed(Exception):
    """The init phase ended badly; `error_type` as in platform.initReport."""

    def __init__(self, failure):
        super().__init__(f"{failure.error_type}: {failure}")
        self.error_type = failure.error_type
        self.status = failure.status


@dataclass(frozen=True)
class Ended:
    """How the extensions ended. `killed` had to be killed at the deadline."""

    codes: dict
    killed: list


class LambdaEnvironment:
    """One environment of one function, on ephemeral ports of 127.0.0.1.

    extensions      paths of executables; each is started without arguments
    runtime         the command of a runtime, or a `handler(event, context)` run in this process
    environ         the function's own variables, seen by the runtime and the extensions
    timeout         seconds an invocation may take
    grace           seconds beyond it that the platform waits before it acts: 0 as in Lambda, more
                    where a test on a busy machine must not fail by a few milliseconds
    patient         SHUTDOWN, and its time, begin when all has been told, reports of bad ends
                    included: Lambda does not wait, but a busy machine must not decide a test
    freeze          stop all processes between invocations
    telemetry       what a subscription is answered: "real", a status, "hang", or a function
                    of the request's body that gives one of these
    telemetry_options   more for telemetry.Telemetry: schemas, refused, queue_bytes,
                    late, lost, bare
    log_format      "Text" or "JSON"
    initialization_type   as in AWS_LAMBDA_INITIALIZATION_TYPE. With "snap-start" start() ends in a
                    snapshot, which the first invocation restores
    managed_instances, concurrency   as Lambda Managed Instances do it
    network         a network.Network, cut while the environment is frozen
    report_after_failure   whether a time-out or a crash is told in a platform.report, too
    intercept       `intercept(request)` may give an http_server.Answer of its own, or None
    history         a History to share with backends of the test
    """

    def __init__(self, extensions=(), runtime=None, environ=None, *, timeout=30.0, grace=0.0,
                 patient=False, freeze=False, telemetry="real", telemetry_options=None,
                 log_format="Text", initialization_type="on-demand", managed_instances=False,
                 concurrency=1, init_timeout=10.0, memory_size=128, function_name="orders",
                 handler="function.handler", task_root="/", network=None,
                 report_after_failure=True, intercept=None, history=None):
        self.history = history or History()
        self.clock = ActiveClock(self.history.changed)
        options = {**(telemetry_options or {}), "answer": telemetry}
        if managed_instances:
            initialization_type = MANAGED_INSTANCES
            options.setdefault("schemas", ("2025-01-29",))
        self.settings = Settings(
            extensions=[str(path) for path in extensions],
            runtime=runtime or (lambda event, context: event),
            environ=dict(environ or {}), timeout=timeout, grace=grace,
            patient=patient, freeze=freeze,
            telemetry_options=options, log_format=log_format,
            initialization_type=initialization_type, concurrency=concurrency,
            init_timeout=init_timeout, memory_size=memory_size, function_name=function_name,
            handler=handler, task_root=str(task_root), network=network or Here(),
            report_after_failure=report_after_failure)
        self.life = None
        self.lives = []
        self._intercept = intercept
        self._state = "reset"  # "reset" (init comes first), "busy", "idle", "ended"
        self._concurrent = 0
        with self.settings.network.inside():
            self._server = Server(self._handle)
        self._server.on_piece = self._take_piece
        self.settings.runtime_api = f"127.0.0.1:{self._server.port}"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._explain()
            self.close()
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self._explain()
        self.close()

    # phases

    def start(self):
        """The init phase ahead of the first invocation. Raises InitFailed."""
        self._enter(("reset",))
        try:
            self._begin_life("init")
        except Failure as failure:
            self._leave("reset")
            raise InitFailed(failure) from failure
        self._rest()

    def invoke(self, payload=None, **options):
        """The finished invocation, as soon as the runtime has answered (or it failed)."""
        return self.wait(self.begin(payload, **options))

    def begin(self, payload=None, *, trace="sampled", client_context=None, request_id=None):
        """Begins an invocation when the environment is free, and does not wait for its answer.
        `request_id`: that of an earlier one, which Lambda runs again."""
        if trace == "sampled":
            trace = (f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};"
                     f"Parent={secrets.token_hex(8)};Sampled=1")
        self._enter(("reset", "idle"), invocation=True)
        body = json.dumps({} if payload is None else payload).encode()
        invocation = Invocation(body, self.settings.arn, self.settings.timeout, trace,
                                client_context, request_id)
        threading.Thread(target=self._run, args=(invocation,), daemon=True).start()
        return invocation

    def wait(self, invocation):
        with self.history.changed:
            limit = self.settings.timeout + self.settings.grace + self.settings.init_timeout + 10
            if not self.history.changed.wait_for(lambda: invocation.status, limit):
                raise AssertionError(f"no answer within {limit} s:\n{self.history.dump()}")
            self.history.record("invoke.returned", request_id=invocation.request_id,
                                status=invocation.status)
        return invocation

    def wait_idle(self, timeout=60.0):
        """Until all have asked for the next event, or the environment was reset."""
        with self.history.changed:
            if not self.history.changed.wait_for(lambda: self._state != "busy", timeout):
                raise AssertionError(f"still busy after {timeout} s:\n{self.history.dump()}")

    def shutdown(self, reason="spindown"):
        """As the platform ends an environment. Returns Ended."""
        self._enter(("idle", "reset"))
        codes, killed = self.life.shutdown(reason) if self.life else ({}, [])
        self._leave("ended")
        return Ended(codes, killed)

    def close(self):
        """Ends whatever there is, at once."""
        if self.life is not None:
            self.life.close()
        self._server.close()

    def freeze(self):
        """By hand, for a test without `freeze`; the next invocation or SHUTDOWN thaws."""
        self.wait_idle()
        self.life.freeze()

    def thaw(self):
        self.life.thaw()

    # looking in

    def extension(self, name=None):
        """An extension of the present life: by name, or the first."""
        found = self.life.extensions_api.by_name(name) if name else self.life.extensions[0]
        assert found is not None, f"no extension {name}"
        return found

    def output(self, name, stream="stdout"):
        """What the process of that name ("runtime" for the runtime) wrote in all lives."""
        texts = [getattr(process, stream) for life in self.lives
                 for process in life.processes if process.name == name]
        return "".join(texts)

    def push_telemetry(self, *events):
        """Events ({time, type, record}) of the test's own, delivered as any other."""
        self.life.telemetry.push(list(events))

    def post_telemetry(self, body):
        """A raw body straight to the first subscriber's listener; its status."""
        return next(iter(self.life.telemetry.subscriptions.values())).post(body)

    # inside

    def _handle(self, request):
        if self._intercept and (answer := self._intercept(request)) is not None:
            self.history.record("api.intercepted", method=request.method, path=request.path)
            return answer
        life = self.life
        path = request.path.partition("?")[0]
        if life is None:
            return plain_answer(503, "the environment is gone")
        if path == credentials.PATH:
            return credentials.answer(request)
        if path == telemetry.PATH:
            return life.telemetry.handle(request, life.extensions_api)
        for module, api in ((extensions, life.extensions_api), (runtime, life.runtime_api)):
            if path.startswith(module.BASE + "/"):
                return api.handle(request)
        return plain_answer(404, "404 page not found")

    def _take_piece(self, path, headers, piece):
        if self.life is not None:
            self.life.runtime_api.take_piece(path, headers, piece)

    def _begin_life(self, phase, deadline=None):
        self.life = Life(self.settings, self.history, self.clock)
        self.lives.append(self.life)
        try:
            self.life.initialize(phase, deadline)
        except Failure:
            self.life = None
            raise

    def _run(self, invocation):
        self.history.record("invoke.begin", request_id=invocation.request_id)
        try:
            if self.life is None:  # a suppressed init, within the invocation and its time
                self._begin_life("invoke", invocation.started + self.settings.timeout
                                 + self.settings.grace)
            self.life.thaw()
            if self.life.to_restore:
                self.life.restore()
                invocation.begin(self.settings.timeout)  # restoring takes nothing of it
            self.life.run(invocation)
        except Failure as failure:
            self._fail(invocation, failure)
            return
        self.history.record("invoke.end", request_id=invocation.request_id,
                            status=invocation.status)
        self._rest()

    def _fail(self, invocation, failure):
        text = f"RequestId: {invocation.request_id} Error: {failure}"
        if failure.status == "timeout":
            text = (f"{invocation.request_id} Task timed out after "
                    f"{self.settings.timeout:.2f} seconds")
        with self.history.changed:
            answer = {"errorType": failure.error_type, "errorMessage": text}
            invocation.finish(failure.status, json.dumps(answer).encode(), failure.error_type)
            self.history.record("invoke.end", request_id=invocation.request_id,
                                status=failure.status, error=failure.error_type)
        life, managed = self.life, self.settings.managed_instances
        if managed and failure.status == "timeout":
            life.report(invocation)
            self._rest()  # Managed Instances let the code run on
            return
        with self.history.changed:
            if life is not None and life.ending:  # by another invocation that failed with this
                self._concurrent -= 1
                return
            if life is not None:
                life.ending = True
        if life is not None:
            reported = self.settings.report_after_failure and not managed
            life.shutdown("timeout" if failure.status == "timeout" else "failure",
                          invocation if reported else None)
        self.life = None
        self._leave("ended" if managed else "reset")

    def _enter(self, states, invocation=False):
        """Waits until the environment is free, and takes it."""
        with self.history.changed:
            def room():
                concurrent = self.settings.concurrency if self.settings.managed_instances else 1
                return self._state in states or (
                    invocation and self._state == "busy" and 0 < self._concurrent < concurrent)

            limit = 2 * self.settings.timeout + self.settings.init_timeout + 10
            if not self.history.changed.wait_for(room, limit):
                raise AssertionError(f"the environment is {self._state}:\n{self.history.dump()}")
            self._state = "busy"
            self._concurrent += invocation

    def _leave(self, state):
        with self.history.changed:
            self._concurrent = max(0, self._concurrent - 1)
            self._state = state
            self.history.record(f"environment.{state}")

    def _rest(self):
        with self.history.changed:
            if self._concurrent > 1:
                self._concurrent -= 1
                self.history.changed.notify_all()
                return
            freeze = self.settings.freeze or self.life.to_restore
            if freeze and not self.settings.managed_instances:
                self.life.freeze()
            self._leave("idle")

    def _explain(self):
        """For the reader of a failed test."""
        print(f"--- history\n{self.history.dump()}", file=sys.stderr)
        for life in self.lives:
            for process in life.processes:
                for stream in ("stdout", "stderr"):
                    print(f"--- {process.name} {stream}\n{getattr(process, stream)[-4000:]}",
                          file=sys.stderr)

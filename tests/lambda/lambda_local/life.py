"""One life of an environment: from init to SHUTDOWN, its processes and the state of its APIs."""

import math
import time

from . import variables
from .extensions import READY, STARTED, ExtensionsApi
from .process import Process
from .runtime import InProcessRuntime, RuntimeApi
from .telemetry import Telemetry

SHUTDOWN_SECONDS = 2.0
RUNTIME_SHARE = 0.3


class Failure(Exception):
    """A phase ended badly. `status` and `error_type` are those of the platform's events."""

    def __init__(self, status, error_type, message):
        super().__init__(message)
        self.status = status
        self.error_type = error_type


class Life:
    """`settings` is the environment's (see environment.Settings)."""

    def __init__(self, settings, history, clock):
        self.settings = settings
        self.history = history
        self.clock = clock
        self.ending = False
        self.processes = []
        self.runtime = None
        self.init_seconds = None
        self.managed = settings.managed_instances
        self.variables = settings.variables()
        self.runtime_api = RuntimeApi(history)
        self.extensions_api = ExtensionsApi(
            history, settings.extensions, settings.function(),
            ("SHUTDOWN",) if self.managed else ("INVOKE", "SHUTDOWN"),
        )
        self.telemetry = Telemetry(history, clock, log_format=settings.log_format,
                                   **settings.telemetry_options)

    @property
    def extensions(self):
        return self.extensions_api.extensions

    # init

    def initialize(self, phase):
        """Raises Failure after everything has been ended."""
        began = time.monotonic()
        deadline = began + self.settings.init_timeout
        kind = {"initializationType": self.settings.initialization_type, "phase": phase}
        self.history.record("init.begin", phase=phase)
        self.telemetry.emit("platform.initStart", {
            **kind, "functionName": self.settings.function_name,
            "functionVersion": self.settings.function_version,
            "runtimeVersion": "python:3.11.v1", "instanceId": self.settings.instance_id,
            "instanceMaxMemory": self.settings.memory_size,
        })
        try:
            self._start_extensions()
            self.await_(lambda: all(e.state != STARTED for e in self.extensions), deadline)
            self._start_runtime()
            api = self.runtime_api
            self.await_(lambda: api.waiting or api.init_error, deadline)
            if api.init_error:
                raise Failure("error", api.init_error, "the runtime reported an init error")
            self.telemetry.emit("platform.initRuntimeDone", {**kind, "status": "success"})
            self.extensions_api.registration_open = False
            self.await_(lambda: all(e.state == READY for e in self.extensions), deadline)
        except Failure as failure:
            error = {"status": failure.status, "errorType": failure.error_type}
            self.telemetry.emit("platform.initReport", {
                **kind, **error, "metrics": {"durationMs": _ms(time.monotonic() - began)}})
            self.history.record("init.end", **error)
            self.shutdown("failure")
            raise
        self.init_seconds = time.monotonic() - began
        self.telemetry.end_init()
        for extension in self.extensions:
            self.telemetry.emit("platform.extension", {
                "name": extension.name, "state": "Ready", "events": extension.events})
        self.telemetry.emit("platform.initReport", {
            **kind, "status": "success", "metrics": {"durationMs": _ms(self.init_seconds)}})
        self.history.record("init.end", status="success")

    def _start_extensions(self):
        environ = variables.extension_variables(self.variables, self.settings.environ)
        for extension in list(self.extensions):
            try:
                extension.process = Process(
                    extension.name, [extension.path], environ, self.history,
                    on_line=lambda _, line, name=extension.name:
                        self.telemetry.extension_line(name, line),
                    on_exit=lambda e=extension: self._extension_ended(e),
                )
            except OSError as error:
                raise Failure("error", "Extension.LaunchError", str(error)) from error
            self.processes.append(extension.process)

    def _start_runtime(self):
        runtime = self.settings.runtime
        on_line = self.telemetry.function_line
        if callable(runtime):
            self.runtime = InProcessRuntime(
                runtime, self.runtime_api, self.history, on_line, self._runtime_ended,
                self.settings.concurrency)
        else:
            environ = variables.runtime_variables(self.variables, self.settings.environ)
            self.runtime = Process("runtime", runtime, environ, self.history,
                                   cwd=self.settings.task_root, on_line=on_line,
                                   on_exit=self._runtime_ended)
        self.processes.append(self.runtime)

    # the end of processes, and waiting for anything else

    def _extension_ended(self, extension):
        if not self.ending:
            self.history.record("extension.crash", name=extension.name,
                                code=extension.process.exit_code)

    def _runtime_ended(self):
        if not self.ending:
            self.history.record("runtime.crash", code=self.runtime.exit_code)

    def _failure(self):
        for extension in self.extensions:
            # An exit before SHUTDOWN is a crash whatever its code.
            if extension.crashed:
                return Failure("failure", extension.error_type or "Extension.Crash",
                               f"{extension.name}: exit code {extension.process.exit_code}")
        if self.runtime is not None and not self.runtime.alive:
            return Failure("failure", "Runtime.ExitError",
                           f"Runtime exited with error: exit status {self.runtime.exit_code}")
        return None

    def await_(self, condition, deadline):
        """Waits for the condition; raises Failure when a process ends first, or at the deadline."""
        with self.history.changed:
            left = max(0.0, deadline - time.monotonic())
            self.history.changed.wait_for(lambda: condition() or self._failure(), left)
            if condition():
                return
            raise self._failure() or Failure("timeout", "Sandbox.Timedout", "Task timed out")

    # an invocation

    def run(self, invocation):
        """From the event to "all have asked for the next". Raises Failure: the life is over."""
        deadline = invocation.started + self.settings.timeout + self.settings.grace
        invoked = [] if self.managed else [e for e in self.extensions if "INVOKE" in e.events]
        self.telemetry.emit("platform.start", {
            "requestId": invocation.request_id, "version": self.settings.function_version,
            **_tracing(invocation)})
        with self.history.changed:
            for extension in invoked:
                extension.release(self._invoke_event(invocation))
            self.runtime_api.assign(invocation)
        try:
            self.await_(lambda: invocation.status, deadline)
            if not self.managed:
                self.await_(lambda: self.runtime_api.waiting, deadline)
            self.runtime.drain()
        except Failure as failure:
            if not self.managed:
                self._runtime_done(invocation, failure.status, failure.error_type)
            raise
        if not self.managed:
            self._runtime_done(invocation, invocation.status, invocation.error_type)
        done = time.monotonic()
        self.await_(lambda: all(e.state == READY and not e.pending for e in invoked), deadline)
        self._report(invocation, time.monotonic() - done)

    def _invoke_event(self, invocation):
        event = {"eventType": "INVOKE", "deadlineMs": invocation.deadline_ms,
                 "requestId": invocation.request_id, "invokedFunctionArn": invocation.arn}
        if invocation.trace:
            event["tracing"] = {"type": "X-Amzn-Trace-Id", "value": invocation.trace}
        return event

    def _runtime_done(self, invocation, status, error_type):
        took = _ms(time.monotonic() - invocation.started)
        record = {"requestId": invocation.request_id, "status": status, **_tracing(invocation),
                  "metrics": {"durationMs": took}}
        if error_type:
            record["errorType"] = error_type
        if invocation.response is not None:
            record["metrics"]["producedBytes"] = len(invocation.response)
            latency = _ms(invocation.responded - invocation.started)
            record["spans"] = [
                {"name": name, "start": record_time(invocation), "durationMs": duration}
                for name, duration in (("responseLatency", latency),
                                       ("runtimeOverhead", round(took - latency, 3)))
            ]
        self.telemetry.emit("platform.runtimeDone", record)

    def _report(self, invocation, extension_seconds):
        """Generated when all have called /next, so it reaches them during the next invocation."""
        took = _ms(time.monotonic() - invocation.started)
        metrics = {"durationMs": took}
        record = {"requestId": invocation.request_id, "status": invocation.status,
                  **_tracing(invocation), "metrics": metrics}
        if invocation.error_type:
            record["errorType"] = invocation.error_type
        if not self.managed:
            metrics.update({"billedDurationMs": math.ceil(took),
                            "memorySizeMB": self.settings.memory_size,
                            "maxMemoryUsedMB": self._memory_mb()})
            if self.init_seconds is not None:
                metrics["initDurationMs"] = _ms(self.init_seconds)
            record["spans"] = [{"name": "extensionOverhead", "start": record_time(invocation),
                                "durationMs": _ms(extension_seconds)}]
        self.init_seconds = None
        self.telemetry.emit("platform.report", record)

    def _memory_mb(self):
        total = 0
        for process in self.processes:
            try:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                    total += sum(int(s.split()[1]) for s in status if s.startswith("VmHWM:"))
            except OSError:
                pass
        return max(1, total // 1024)

    # freeze, shutdown

    def freeze(self):
        self.clock.freeze()
        for process in self.processes:
            process.freeze()
        self.history.record("environment.frozen")

    def thaw(self):
        if self.clock.frozen:
            self.history.record("environment.thawed")
            for process in self.processes:
                process.thaw()
            self.clock.thaw()

    def shutdown(self, reason):
        """The runtime first with its share, then SHUTDOWN to the extensions, SIGKILL at the end.
        Returns {name: exit code} of the extensions and the names of those that were killed."""
        began = time.monotonic()
        deadline_ms = int((time.time() + SHUTDOWN_SECONDS) * 1000)
        deadline = began + SHUTDOWN_SECONDS
        self.thaw()
        self.history.record("shutdown.begin", reason=reason)
        self.ending = True
        running = [e for e in self.extensions if e.process is not None]
        if self.runtime is not None:
            self._end_runtime(began, bool(running))
        if self.managed:
            self.telemetry.flushed(1.0)
        killed = self._end_extensions(running, reason, deadline, deadline_ms)
        self.history.record("shutdown.end", killed=killed, seconds=time.monotonic() - began)
        self.close()
        return {e.name: e.process.exit_code for e in running}, killed

    def _end_runtime(self, began, has_extensions):
        if has_extensions:
            self.runtime.terminate()
            share = began + SHUTDOWN_SECONDS * RUNTIME_SHARE - time.monotonic()
            if self.runtime.wait_exit(max(0.0, share)):
                return
            self.history.record("process.killed", name="runtime", why="its share is over")
        self.runtime.kill()
        self.runtime.wait_exit(5)

    def _end_extensions(self, running, reason, deadline, deadline_ms):
        killed = []
        with self.history.changed:
            for extension in running:
                if "SHUTDOWN" in extension.events:
                    extension.release({"eventType": "SHUTDOWN", "deadlineMs": deadline_ms,
                                       "shutdownReason": reason})
                else:
                    self.history.record("process.killed", name=extension.name,
                                        why="not registered for SHUTDOWN")
                    extension.process.kill()
            self.history.changed.notify_all()
        for extension in running:
            if extension.process.wait_exit(max(0.0, deadline - time.monotonic())):
                continue
            self.history.record("process.killed", name=extension.name, why="deadline")
            killed.append(extension.name)
            extension.process.kill()
            extension.process.wait_exit(5)
        return killed

    def close(self):
        """Whatever is still there is ended at once."""
        self.ending = True
        self.clock.thaw()
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait_exit(5)
        self.telemetry.close()
        self.runtime_api.close()
        self.extensions_api.close()


def _ms(seconds):
    return round(seconds * 1000, 3)


def record_time(invocation):
    begin = time.time() - (time.monotonic() - invocation.started)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(begin))
    return f"{text}.{int(begin % 1 * 1000):03d}Z"


def _tracing(invocation):
    """Only for a sampled trace, as the platform does."""
    if not invocation.trace or "Sampled=1" not in invocation.trace:
        return {}
    span = invocation.trace.partition("Parent=")[2].partition(";")[0]
    return {"tracing": {"spanId": span, "type": "X-Amzn-Trace-Id", "value": invocation.trace}}

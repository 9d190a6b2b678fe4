"""One life of an environment: from init to SHUTDOWN, its processes and the state of its APIs."""

import signal
import time

from . import records, variables
from .extensions import READY, STARTED, ExtensionsApi
from .process import Process
from .runtime import InProcessRuntime, RuntimeApi, command_line
from .shutdown import shut_down
from .telemetry import Telemetry

RESTORE_SECONDS = 10.0


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
        self.managed = settings.managed_instances
        self.to_restore = settings.initialization_type == "snap-start"
        self.first_report = {}  # what only the first platform.report has among its metrics
        self.variables = settings.variables()
        self.runtime_api = RuntimeApi(history)
        self.extensions_api = ExtensionsApi(
            history, settings.extensions, settings.function(),
            ("SHUTDOWN",) if self.managed else ("INVOKE", "SHUTDOWN"),
        )
        self.telemetry = Telemetry(history, clock, network=settings.network,
                                   log_format=settings.log_format, **settings.telemetry_options)

    @property
    def extensions(self):
        return self.extensions_api.extensions

    # init

    def initialize(self, phase, deadline=None):
        """Raises Failure after everything has been ended."""
        began = time.monotonic()
        deadline = deadline or began + self.settings.init_timeout
        if self.to_restore and phase == "init":
            phase = "snap-start"
        kind = {"initializationType": self.settings.initialization_type, "phase": phase}
        self.history.record("init.begin", phase=phase)
        self.telemetry.emit("platform.initStart", records.init_start(self.settings, kind))
        try:
            self._initialize(kind, deadline)
        except Failure as failure:
            self._end_init(kind, began, failure)
            self.shutdown("failure")
            raise
        if not self.to_restore:
            self.first_report["initDurationMs"] = records.ms(time.monotonic() - began)
        self.telemetry.end_init()
        self._end_init(kind, began, None)

    def _initialize(self, kind, deadline):
        self._start_extensions()
        self.await_(lambda: all(e.state != STARTED for e in self.extensions), deadline)
        self._start_runtime()
        api = self.runtime_api
        self.await_(lambda: api.waiting or api.restoring or api.init_error, deadline)
        failure = None
        if api.init_error:
            failure = Failure("error", api.init_error, "the runtime reported an init error")
        self.telemetry.emit("platform.initRuntimeDone", {**kind, **records.outcome(failure)})
        if failure:
            raise failure
        self.extensions_api.registration_open = False
        self.await_(lambda: all(e.state == READY for e in self.extensions), deadline)

    def _end_init(self, kind, began, failure):
        for extension in self.extensions:
            record = {"name": extension.name, "state": extension.state, "events": extension.events}
            if failure and failure.error_type.startswith("Extension."):
                record["errorType"] = failure.error_type
            self.telemetry.emit("platform.extension", record)
        self.telemetry.emit("platform.initReport", {
            **kind, **records.outcome(failure),
            "metrics": {"durationMs": records.ms(time.monotonic() - began)}})
        self.history.record("init.end", **records.outcome(failure))

    def _start_extensions(self):
        environ = variables.extension_variables(self.variables, self.settings.environ)
        for extension in list(self.extensions):
            try:
                with self.settings.network.inside():
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
        with self.settings.network.inside():
            if callable(runtime):
                self.runtime = InProcessRuntime(
                    runtime, self.runtime_api, self.history, on_line, self._runtime_ended,
                    concurrency=self.settings.concurrency, snap_start=self.to_restore)
            else:
                environ = variables.runtime_variables(self.variables, self.settings.environ)
                command = command_line(runtime, environ)
                if self.settings.memory_group:
                    command = self.settings.memory_group.command(command)
                self.runtime = Process("runtime", command, environ, self.history,
                                       cwd=self.settings.task_root, on_line=on_line,
                                       on_exit=self._runtime_ended)
        self.processes.append(self.runtime)

    def restore(self):
        """SnapStart: the snapshot goes on, much later and elsewhere. Raises Failure."""
        began = time.monotonic()
        api = self.runtime_api
        self.telemetry.emit("platform.restoreStart", records.restore_start(self.settings))
        api.restore()
        failure = None
        try:
            self.await_(lambda: api.waiting or api.restore_error, began + RESTORE_SECONDS)
            if api.restore_error:
                failure = Failure("error", api.restore_error, "the runtime could not be restored")
        except Failure as error:
            failure = error
        took = records.ms(time.monotonic() - began)
        self.telemetry.emit("platform.restoreRuntimeDone", records.outcome(failure))
        self.telemetry.emit("platform.restoreReport", {
            **records.outcome(failure), "metrics": {"durationMs": took}})
        if failure:
            raise failure
        self.to_restore = False
        self.first_report["restoreDurationMs"] = took

    # the end of processes, and waiting for anything else

    def _extension_ended(self, extension):
        if not self.ending:
            self.history.record("extension.crash", name=extension.name,
                                code=extension.process.exit_code)

    def _runtime_ended(self):
        # It may have ended before its maker could put it where it belongs.
        if not self.ending:
            self.history.record("runtime.crash", code=self.runtime and self.runtime.exit_code)

    def _failure(self):
        for extension in self.extensions:
            # An exit before SHUTDOWN is a crash whatever its code.
            if extension.crashed:
                return Failure("failure", extension.error_type or "Extension.Crash",
                               f"{extension.name}: exit code {extension.process.exit_code}")
        if self.runtime is not None and not self.runtime.alive:
            code = self.runtime.exit_code
            how = f"exit status {code}"
            if code < 0:
                how = f"signal: {signal.strsignal(-code).lower()}"
            return Failure("failure", "Runtime.ExitError", f"Runtime exited with error: {how}")
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
        self.telemetry.emit("platform.start", records.start(self.settings, invocation))
        self.telemetry.push_late_lines()
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
            self.runtime.drain(10)  # who falls may have much to say
            self._runtime_done(invocation, failure.status, failure.error_type)
            raise
        self._runtime_done(invocation, invocation.status, invocation.error_type)
        done = time.monotonic()
        self.await_(lambda: all(e.state == READY and not e.pending for e in invoked), deadline)
        self.report(invocation, done)

    def _invoke_event(self, invocation):
        event = {"eventType": "INVOKE", "deadlineMs": invocation.deadline_ms,
                 "requestId": invocation.request_id, "invokedFunctionArn": invocation.arn}
        if invocation.trace:
            event["tracing"] = {"type": "X-Amzn-Trace-Id", "value": invocation.trace}
        return event

    def _runtime_done(self, invocation, status, error_type):
        if not self.managed:
            self.telemetry.emit("platform.runtimeDone",
                                records.runtime_done(invocation, status, error_type))

    def report(self, invocation, runtime_done_at=None):
        """Generated when all have called /next, so it reaches them during the next invocation."""
        extra, self.first_report = self.first_report, {}
        self.telemetry.emit("platform.report", records.report(
            self.settings, invocation, self._memory_mb(), extra, runtime_done_at))

    def _memory_mb(self):
        if self.settings.memory_group:
            return self.settings.memory_group.peak_mb()
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
        self.settings.network.cut()
        self.history.record("environment.frozen")

    def thaw(self):
        if self.clock.frozen:
            self.history.record("environment.thawed")
            self.settings.network.restore()
            for process in self.processes:
                process.thaw()
            self.clock.thaw()

    def shutdown(self, reason, unreported=None):
        return shut_down(self, reason, unreported)

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

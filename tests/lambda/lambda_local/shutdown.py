"""The end of a life: the runtime first with its share of the time, then SHUTDOWN to the extensions,
and SIGKILL for whoever is still there at the deadline."""

import time

SHUTDOWN_SECONDS = 2.0
RUNTIME_SHARE = 0.3
PATIENCE = 10.0


def shut_down(life, reason, unreported=None):
    """Returns {name: exit code} of the extensions and the names of those that were killed.
    `unreported` is an invocation whose platform.report goes out along with SHUTDOWN."""
    began = time.monotonic()
    life.thaw()
    life.history.record("shutdown.begin", reason=reason)
    life.ending = True
    running = [e for e in life.extensions if e.process is not None]
    if life.runtime is not None:
        _end_runtime(life, began, bool(running))
    life.telemetry.push_late_lines()
    if life.settings.patient:
        began += _tell_all(life, unreported)
        unreported = None
    elif life.managed:
        life.telemetry.flushed(1.0)
    deadline = began + SHUTDOWN_SECONDS
    deadline_ms = int((time.time() + deadline - time.monotonic()) * 1000)
    _release(life, running, {"eventType": "SHUTDOWN", "deadlineMs": deadline_ms,
                             "shutdownReason": reason})
    if unreported is not None:
        life.report(unreported)
    killed = _end_extensions(life, running, deadline)
    life.history.record("shutdown.end", killed=killed, seconds=time.monotonic() - began)
    life.close()
    return {e.name: e.process.exit_code for e in running}, killed


def _end_runtime(life, began, has_extensions):
    runtime = life.runtime
    if has_extensions:
        runtime.terminate()
        share = began + SHUTDOWN_SECONDS * RUNTIME_SHARE - time.monotonic()
        if runtime.wait_exit(max(0.0, share)):
            return
        life.history.record("process.killed", name="runtime", why="its share is over")
    runtime.kill()
    runtime.wait_exit(5)


def _tell_all(life, unreported):
    """Returns the seconds it took."""
    began = time.monotonic()
    if unreported is not None:
        life.report(unreported)
    life.telemetry.hurry()
    life.telemetry.flushed(PATIENCE)
    return time.monotonic() - began


def _release(life, running, event):
    with life.history.changed:
        for extension in running:
            if "SHUTDOWN" in extension.events:
                extension.release(dict(event))
            else:
                life.history.record("process.killed", name=extension.name,
                                    why="not registered for SHUTDOWN")
                extension.process.kill()
        life.history.changed.notify_all()


def _end_extensions(life, running, deadline):
    killed = []
    for extension in running:
        if extension.process.wait_exit(max(0.0, deadline - time.monotonic())):
            continue
        life.history.record("process.killed", name=extension.name, why="deadline")
        killed.append(extension.name)
        extension.process.kill()
        extension.process.wait_exit(5)
    return killed

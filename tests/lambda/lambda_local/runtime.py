"""The Runtime API, and a runtime inside the test's own process for tests that need no real one."""

import inspect
import json
import os
import threading
import time
import uuid

from .http_server import CLOSE, Answer, error_answer, json_answer, plain_answer

BASE = "/2018-06-01/runtime"
RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
RESPONSE_MODE = "Lambda-Runtime-Function-Response-Mode"
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


def command_line(command, environ):
    """What starts the runtime: the wrapper with the runtime's command as its arguments, where the
    function names one. An OS-only runtime (`provided.*`) is a program named bootstrap: Lambda
    starts that, and no wrapper. A wrapper that cannot be started ends as it would in a shell."""
    wrapper = environ.get(WRAPPER)
    if not wrapper or os.path.basename(command[0]) == "bootstrap":
        return command
    if not os.path.isfile(wrapper):
        return _complaint(f"{wrapper}: does not exist", 127)
    if not os.access(wrapper, os.X_OK):
        return _complaint(f"{wrapper}: is not an executable", 126)
    return [wrapper, *command]


def _complaint(text, code):
    return ["/bin/sh", "-c", 'echo "$1" >&2; exit "$2"', "sh", text, str(code)]


class Invocation:
    """One request on its way through the environment. Changes under the lock."""

    def __init__(self, payload, arn, timeout, trace=None, client_context=None,
                 request_id=None):
        self.request_id = request_id or str(uuid.uuid4())
        self.payload = payload
        self.arn = arn
        self.trace = trace
        self.client_context = client_context
        self.status = None  # None while it runs, then "success", "error", "failure" or "timeout"
        self.response = None  # bytes, for the caller
        self.error_type = None
        self.first_byte = None  # when it came, where the response is streamed
        self.responded = None
        self.begin(timeout)

    def begin(self, timeout):
        self.started = time.monotonic()
        self.deadline_ms = int((time.time() + timeout) * 1000)

    def finish(self, status, response, error_type=None):
        """The first to call it decides what the caller gets."""
        if self.status is None:
            self.status, self.response, self.error_type = status, response, error_type
            self.responded = time.monotonic()

    def json(self):
        return json.loads(self.response)


class RuntimeApi:
    """One life of the environment. Serves any number of runtimes that ask for the next event."""

    def __init__(self, history):
        self.history = history
        self.waiting = 0  # how many callers wait in /invocation/next
        self.queue = []
        self.running = {}
        self.init_error = None
        self.restoring = 0  # how many callers wait in /restore/next, for SnapStart's restore
        self.restored = False
        self.restore_error = None
        self.closed = False

    def close(self):
        with self.history.changed:
            self.closed = True
            self.history.changed.notify_all()

    def assign(self, invocation):
        self.queue.append(invocation)
        self.history.changed.notify_all()

    def take(self):
        """Blocks for the next invocation; None when this life of the environment is over."""
        with self.history.changed:
            self.waiting += 1
            self.history.record("runtime.next")
            self.history.changed.wait_for(lambda: self.closed or self.queue)
            self.waiting -= 1
            if self.closed:
                return None
            invocation = self.queue.pop(0)
            self.running[invocation.request_id] = invocation
            self.history.record("runtime.event", request_id=invocation.request_id)
            return invocation

    def post(self, request_id, status, body, error_type=None):
        """The runtime's response or error; False where that request is not running."""
        with self.history.changed:
            invocation = self.running.pop(request_id, None)
            if invocation is None or self.closed:
                return False
            kind = "runtime.response" if status == "success" else "runtime.error"
            self.history.record(kind, request_id=request_id, error=error_type)
            invocation.finish(status, body, error_type)
            self.history.changed.notify_all()
            return True

    def stream(self, request_id, piece):
        """A piece of a response that is streamed; the caller has it, whatever follows."""
        with self.history.changed:
            invocation = self.running.get(request_id)
            if invocation is None:
                return
            if invocation.first_byte is None:
                invocation.first_byte = time.monotonic()
            self.history.record("runtime.streamed", request_id=request_id, bytes=len(piece))

    def take_piece(self, path, headers, piece):
        parts = path[len(BASE) + 1 :].split("/")
        if parts[0] == "invocation" and parts[-1] == "response" and \
                headers.get(RESPONSE_MODE) == "streaming":
            self.stream(parts[1], piece)

    def fail_init(self, error_type, body=b""):
        with self.history.changed:
            self.init_error = error_type
            self.history.record("runtime.init_error", error=error_type, body=body)

    def await_restore(self):
        """Blocks until the snapshot is restored; False when this life of the environment ends."""
        with self.history.changed:
            self.restoring += 1
            self.history.record("runtime.restore_next")
            self.history.changed.wait_for(lambda: self.closed or self.restored)
            self.restoring -= 1
            return not self.closed

    def restore(self):
        with self.history.changed:
            self.restored = True
            self.history.changed.notify_all()

    def fail_restore(self, error_type):
        with self.history.changed:
            self.restore_error = error_type
            self.history.record("runtime.restore_error", error=error_type)

    def handle(self, request):
        call = request.path[len(BASE) + 1 :]
        if call == "invocation/next" and request.method == "GET":
            return self._next()
        if call == "restore/next" and request.method == "GET":
            return Answer(200) if self.await_restore() else CLOSE
        error_type = request.headers.get("Lambda-Runtime-Function-Error-Type")
        if call == "restore/error" and request.method == "POST":
            self.fail_restore(error_type or "Runtime.Unknown")
            return json_answer(202, {"status": "OK"})
        if call == "init/error" and request.method == "POST":
            self.fail_init(error_type or "Runtime.Unknown", request.body)
            return json_answer(202, {"status": "OK"})
        parts = call.split("/")
        if len(parts) != 3 or parts[0] != "invocation" or parts[2] not in ("response", "error"):
            return plain_answer(404, "404 page not found")
        if request.method != "POST":
            return plain_answer(405, "405 method not allowed")
        streamed = request.headers.get(RESPONSE_MODE) == "streaming"
        return self._result(parts[1], parts[2], request.body, error_type, streamed)

    def _next(self):
        invocation = self.take()
        if invocation is None:
            return CLOSE
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
        }
        if invocation.trace:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        return Answer(200, invocation.payload, headers)

    def _result(self, request_id, what, body, error_type, streamed):
        if what == "error":
            posted = self.post(request_id, "error", body, error_type or "Unhandled")
        elif streamed:  # its trailers may say that it failed after all
            status = "error" if error_type else "success"
            posted = self.post(request_id, status, body, error_type)
        elif len(body) > RESPONSE_LIMIT:
            text = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
            error = {"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"}
            self.post(request_id, "error", json.dumps(error).encode(), error["errorType"])
            return error_answer(413, "RequestEntityTooLarge", text)
        else:
            posted = self.post(request_id, "success", body)
        if not posted:
            return error_answer(400, "InvalidRequestID", "Invalid request ID")
        return json_answer(202, {"status": "OK"})


class Context:
    """What a handler in the test's own process gets beside the event."""

    def __init__(self, invocation, write_line):
        self.aws_request_id = invocation.request_id
        self.trace = invocation.trace
        self.deadline_ms = invocation.deadline_ms
        self._write_line = write_line

    def print(self, line):
        """A line on the function's stdout."""
        self._write_line("stdout", line.encode())

    def get_remaining_time_in_millis(self):
        return max(0, self.deadline_ms - int(time.time() * 1000))


class InProcessRuntime:
    """Runs `handler(event, context)` in threads of the test, with the methods of Process. What a
    generator gives, bytes, is streamed. SystemExit in the handler is a crash of the runtime with
    that code."""

    def __init__(self, handler, api, history, on_line, on_exit, *, concurrency=1, snap_start=False):
        self.name = "runtime"
        self.pid = None
        self.stdout = self.stderr = ""
        self.exit_code = None
        self.history = history
        self._handler = handler
        self._api = api
        self._on_line = on_line
        self._on_exit = on_exit
        self._snap_start = snap_start
        history.record("process.started", name=self.name, pid=None)
        for _ in range(concurrency):
            threading.Thread(target=self._loop, daemon=True).start()

    @property
    def alive(self):
        return self.exit_code is None

    def freeze(self):
        pass

    def thaw(self):
        pass

    def drain(self, timeout=1.0):
        pass

    def terminate(self):
        self._end(-15)

    def kill(self):
        self._end(-9)

    def wait_exit(self, timeout):
        with self.history.changed:
            return self.history.changed.wait_for(lambda: not self.alive, timeout)

    def _end(self, code):
        with self.history.changed:
            if not self.alive:
                return
            self.exit_code = code
            self.history.record("process.exited", name=self.name, code=code)
        self._on_exit()

    def _respond(self, invocation):
        event = json.loads(invocation.payload)
        result = self._handler(event, Context(invocation, self._on_line))
        if not inspect.isgenerator(result):
            return json.dumps(result).encode()
        pieces = []
        for piece in result:
            self._api.stream(invocation.request_id, piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _loop(self):
        if self._snap_start and not self._api.await_restore():
            return None
        while self.alive and (invocation := self._api.take()) is not None:
            try:
                body = self._respond(invocation)
                status, error_type = "success", None
            except SystemExit as crash:
                return self._end(crash.code if isinstance(crash.code, int) else 1)
            except Exception as error:  # as a runtime client: any exception is the function's
                error_type = type(error).__name__
                body = json.dumps({"errorMessage": str(error), "errorType": error_type}).encode()
                status = "error"
            if self.alive:
                self._api.post(invocation.request_id, status, body, error_type)
        return None

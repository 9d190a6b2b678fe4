"""AWS's own emulator (aws-lambda-rie) in namespaces of its own, with lull in /opt/extensions and a
Python function under AWS's runtime client."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lambda_local import variables
from ports import free_port

INVOKE = "/2015-03-31/functions/function/invocations"
BOOTSTRAP = "/var/runtime/bootstrap"
SANDBOX = Path(__file__).with_name("sandbox")
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
UNAVAILABLE = b'"Runtime.Unavailable"'
# What the emulator says, in either mode, of an extension that is still there at the deadline.
KILLED = re.compile(r'Sending SIGKILL to (process" name=)?extension-lull')
LIMIT = 60  # seconds, for whatever must come: a busy machine takes its time


def forbidden():
    """Why there can be no namespaces here, or None."""
    if os.geteuid() != 0:
        return "aws-lambda-rie needs namespaces and the uids of Lambda: run as root"
    tried = subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/opt"],
                           capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return f"no namespaces here: {tried.stderr.strip()}" if tried.returncode else None


class Rie:
    """`concurrency` of 0 is the classic mode: one invocation at a time, no telemetry. Else it is
    that of Managed Instances."""

    def __init__(self, emulator, extension, directory, task_root, environ, *, concurrency=0):
        self.managed = self.telemetry = self.identified = concurrency > 0
        self.concurrency = max(1, concurrency)
        self.port = free_port()
        self._api = f"127.0.0.1:{free_port()}"
        self._environ = {
            "PATH": os.environ["PATH"],
            "AWS_REGION": variables.REGION,
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(LIMIT),
            # In JSON, Lambda's default there, the emulator hands every line over as a string.
            "AWS_LAMBDA_LOG_FORMAT": "Text",
            **environ,
        }
        if self.managed:
            self._environ["AWS_LAMBDA_MAX_CONCURRENCY"] = str(concurrency)
        root = Path(directory) / "sandbox"
        root.mkdir()
        self._command = [
            *UNSHARE, SANDBOX, root, emulator, extension, sys.base_prefix,
            sysconfig.get_path("purelib"), task_root,
            "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
            "--runtime-api-address", self._api,
            # Any argument is the bootstrap's command. Managed Instances ignore it.
            *([] if self.managed else [BOOTSTRAP]),
        ]
        self._files = {name: Path(directory) / f"rie.{name}" for name in ("stdout", "stderr")}
        self._process = None

    def __enter__(self):
        with self._files["stdout"].open("wb") as out, self._files["stderr"].open("wb") as err:
            self._process = subprocess.Popen(self._command, env=self._environ, stdout=out,
                                             stderr=err, stdin=subprocess.DEVNULL)
        try:
            self._await(self._listens, "listen")
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, kind, *_):
        if self._process.poll() is None:
            self._process.kill()  # and with it, by --kill-child, all in its namespaces
        self._process.wait(LIMIT)
        if kind is not None:
            for name in self._files:
                print(f"--- rie {name}\n{self.output(name)[-8000:]}", file=sys.stderr)

    def output(self, stream="stdout"):
        """What the function and lull wrote; on stderr, and in between, what the emulator did."""
        return self._files[stream].read_text(errors="replace")

    def invoke(self, *events):
        """Their answers: invoked at once where the mode allows that, else one after the other."""
        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(self._invoke, events))

    def await_line(self, line):
        self._await(lambda: line in self.output().splitlines(), f"write {line!r}")

    def end(self):
        """Ends it as a platform would; returns what lull wrote. It must have ended by itself."""
        first = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        os.kill(int(first), signal.SIGTERM)  # the emulator: unshare itself hears no SIGTERM
        assert self._process.wait(LIMIT) == 0, self.output("stderr")
        assert not KILLED.search(self.output() + self.output("stderr")), self.output()
        return self.output()

    def _invoke(self, event):
        """Again as long as no process of the runtime is free: to the emulator init has ended when
        the first of them is there, and it has no queue."""
        answers = []

        def answered():
            answers.append(self.post(event))
            return UNAVAILABLE not in answers[-1][1]

        self._await(answered, f"take {event}")
        status, body = answers[-1]
        assert status == 200, (status, body)
        return json.loads(body)

    def post(self, event):
        """One invocation as it is: (status, body)."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * LIMIT)
        client.request("POST", INVOKE, json.dumps(event), {"Content-Type": "application/json"})
        answer = client.getresponse()
        body = answer.read()
        client.close()
        return answer.status, body

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _await(self, condition, what):
        give_up = time.monotonic() + LIMIT
        while not condition():
            assert self._process.poll() is None, f"the emulator ended: {self.output('stderr')}"
            assert time.monotonic() < give_up, f"it did not {what}: {self.output()}"
            time.sleep(0.01)

"""A subscriber to telemetry, and what it hears."""

import json
import socket
import threading

from lambda_local import Answer, Server

SUBSCRIBER = '\nregister("INVOKE", "SHUTDOWN")\nsubscribe({})\nloop()\n'


class Listener:
    """Where telemetry is posted to; `answers` are given in turn, then 200. `types` are those of all
    events in order, `events` the records of one type."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.batches = []
        self.taken = threading.Semaphore(0)
        self.server = Server(self.handle)

    def handle(self, request):
        answer = self.answers.pop(0) if self.answers else Answer(200)
        if answer.status < 400 and not answer.instead:
            assert request.path == "/x"
            self.batches.append(json.loads(request.body))
            self.taken.release()
        return answer

    @property
    def types(self):
        return [event["type"] for batch in self.batches for event in batch]

    def events(self, kind):
        return [e["record"] for batch in self.batches for e in batch if e["type"] == kind]


class TcpListener:
    """The same for lines by TCP."""

    def __init__(self):
        self.lines = []
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        # shutdown() wakes the thread in accept(); close() alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def wait_for(self, condition):
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.lines), 20), self.lines

    def _read(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as file:
            for line in file:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()


def life(environment, extension, listener, subscription="", runtime=None, **options):
    env = environment([extension(SUBSCRIBER.format(subscription))], runtime,
                      {"LISTENER": str(listener.server.port)}, **options)
    with env:
        for number in range(2):
            env.invoke(number)
            env.wait_idle()
        env.life.telemetry.flushed(20)
        env.shutdown()
    return env

"""The Telemetry API: who may subscribe to what, and which event goes to whom."""

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from . import schema
from .delivery import Subscription, poster_for
from .http_server import HANG, Answer, error_answer, json_answer, plain_answer
from .network import Here

PATH = "/2022-07-01/telemetry"
SCHEMAS = ("2022-07-01", "2022-12-13", "2025-01-29")
TYPES = ("platform", "function", "extension")
# name -> least, most, default
BUFFERING = {
    "maxItems": (1000, 10000, 10000),
    "maxBytes": (262144, 1048576, 262144),
    "timeoutMs": (25, 30000, 1000),
}
NOT_SUPPORTED = error_answer(202, "Telemetry.NotSupported", "Telemetry API is not supported")


def timestamp(seconds=None):
    """As the platform writes it: now, or of seconds since 1970."""
    when = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Telemetry:
    """One life of the environment. `answer` is what a subscription gets: "real", a status,
    "hang", or a function of the request's body (parsed) that gives one of these. `late` says of
    a line of the function's whether it is only handed on with the next invocation, `lost` of an
    event whether it reaches nobody. `bare` leaves out of the platform's events what the schema does
    not promise."""

    def __init__(self, history, clock, *, network=None, answer="real", schemas=SCHEMAS,
                 log_format="Text", refused="retry", queue_bytes=4 << 20, late=None,
                 lost=None, bare=False):
        self.history = history
        self.clock = clock
        self.network = network or Here()
        self.answer = answer
        self.schemas = schemas
        self.log_format = log_format
        self.refused = refused
        self.queue_bytes = queue_bytes
        self.late = late or (lambda line: False)
        self.lost = lost or (lambda event: False)
        self.bare = bare
        self.subscriptions = {}
        self.open = True
        self._late_lines = []
        self._replay = []  # what happened during init goes to every subscriber, however late

    def close(self):
        with self.history.changed:
            for subscription in self.subscriptions.values():
                subscription.close()

    def end_init(self):
        """The first /next of all: no more subscriptions."""
        with self.history.changed:
            self.open = False
            self._replay = []

    def handle(self, request, extensions):
        if request.method != "PUT":
            return plain_answer(405, "405 method not allowed")
        with self.history.changed:
            extension, problem = extensions.by_identifier(request.headers)
            if problem:
                return problem
            try:
                body = json.loads(request.body)
            except ValueError:
                body = None
            answer = self.answer(body) if callable(self.answer) else self.answer
            if answer == "hang":
                self._note(extension, body, "hang")
                return HANG
            result = self._subscribe(extension, body) if answer == "real" else _refusal(answer)
            self._note(extension, body, result.status)
            return result

    def _note(self, extension, body, status):
        schema = body.get("schemaVersion") if isinstance(body, dict) else None
        self.history.record("telemetry.subscribe", name=extension.name, schema=schema,
                            status=status, body=body)

    def _subscribe(self, extension, body):
        if not self.open:
            return error_answer(403, "Telemetry.SubscriptionClosed",
                                "Telemetry API subscription is closed already")
        problems = validate(body, self.schemas)
        if problems:
            return error_answer(400, "ValidationError", "; ".join(problems))
        buffering = {name: body.get("buffering", {}).get(name, default)
                     for name, (_, _, default) in BUFFERING.items()}
        again = extension.name in self.subscriptions
        if not again:
            try:
                poster = poster_for(body["destination"], self.clock, self.network)
            except OSError as error:
                return error_answer(400, "ValidationError", f"destination: {error}")
            subscription = Subscription(self, extension.name, body, buffering, poster)
            self.subscriptions[extension.name] = subscription
            for event in self._replay:
                subscription.add(event)
        self.emit("platform.telemetrySubscription", {
            "name": extension.name,
            "state": "Already subscribed" if again else "Subscribed",
            "types": body["types"],
        })
        return Answer(200, b'"OK"')

    def emit(self, event_type, record):
        """A platform event, to all who want it."""
        if self.bare:
            record = schema.bare(event_type, record)
        self.push([{"time": timestamp(), "type": event_type, "record": record}])

    def push(self, events):
        with self.history.changed:
            for event in events:
                kind = event["type"]
                if kind.startswith("platform."):
                    self.history.record(kind, record=event["record"])
                if self.lost(event):
                    self.history.record("telemetry.lost", type=kind)
                    continue
                if self.open:
                    self._replay.append(event)
                for subscription in self.subscriptions.values():
                    subscription.add(event)
            self.history.changed.notify_all()

    def function_line(self, stream, line):
        """A line of the function's output becomes a record as its log format has it."""
        text = line.decode(errors="replace")
        record = self._json_record(text) if self.log_format == "JSON" else text + "\n"
        with self.history.changed:
            if self.late(text):
                self.history.record("function.late_line", line=text)
                self._late_lines.append((text, record))
            else:
                self._push_line(text, record)

    def push_late_lines(self):
        """The platform's time of an event is that of the event, not that of the writing."""
        with self.history.changed:
            lines, self._late_lines = self._late_lines, []
            for text, record in lines:
                self._push_line(text, record)

    def _push_line(self, text, record):
        self.history.record("function.line", line=text)
        self.push([{"time": timestamp(), "type": "function", "record": record}])

    def extension_line(self, name, line):
        with self.history.changed:
            self.history.record("extension.line", name=name, line=line.decode(errors="replace"))
            text = line.decode(errors="replace") + "\n"
            self.push([{"time": timestamp(), "type": "extension", "record": text}])

    @staticmethod
    def _json_record(text):
        """A line that is a JSON object goes as it is, any other is wrapped."""
        try:
            record = json.loads(text)
        except ValueError:
            record = None
        if isinstance(record, dict):
            return record
        return {"timestamp": timestamp(), "level": "INFO", "message": text}

    def hurry(self):
        """From now on no batch waits for more to come, and none for a listener that refuses."""
        with self.history.changed:
            for subscription in self.subscriptions.values():
                subscription.timeout = 0
                subscription.hurried = True
            self.history.changed.notify_all()

    def flushed(self, timeout):
        """True once every subscriber has taken all there is."""
        with self.history.changed:
            return self.history.changed.wait_for(
                lambda: all(s.idle for s in self.subscriptions.values()), timeout
            )


def _refusal(status):
    if status == 200:
        return Answer(200, b'"OK"')  # and nothing will ever come
    if status == 202:
        return NOT_SUPPORTED
    if status == 404:
        return plain_answer(404, "404 page not found")
    if status == 400:
        return error_answer(400, "ValidationError", "schemaVersion is not supported")
    if status == 403:
        return error_answer(403, "Telemetry.SubscriptionClosed", "subscription is closed")
    return json_answer(status, {"errorMessage": "Internal error", "errorType":
                                "InternalServerError"})


def validate(body, schemas=SCHEMAS):
    """The list of what is wrong with a subscription's body."""
    if not isinstance(body, dict):
        return ["the body is not a JSON object"]
    problems = []
    if body.get("schemaVersion") not in schemas:
        problems.append(f"schemaVersion must be one of {', '.join(schemas)}")
    types = body.get("types")
    if not isinstance(types, list) or not types:
        problems.append("types should not be empty")
    elif not set(types) <= set(TYPES):
        problems.append(f"types must be of {', '.join(TYPES)}")
    problems += _validate_destination(body.get("destination"))
    buffering = body.get("buffering", {})
    if not isinstance(buffering, dict):
        return [*problems, "buffering is not an object"]
    for name, (least, most, _) in BUFFERING.items():
        value = buffering.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            problems.append(f"buffering.{name} must be from {least} to {most}")
    return problems


def _validate_destination(destination):
    if not isinstance(destination, dict):
        return ["destination is required"]
    if destination.get("protocol") == "TCP":
        port = destination.get("port")
        valid = isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= 65535
        return [] if valid and port != 9001 else ["destination.port must be from 1 to 65535"]
    if destination.get("protocol") != "HTTP":
        return ["destination.protocol must be HTTP or TCP"]
    try:
        parts = urlsplit(destination.get("URI", ""))
        host, port = parts.hostname, parts.port
    except ValueError:
        return ["URI is not valid"]
    if parts.scheme != "http" or host not in ("sandbox.localdomain", "sandbox"):
        return ["URI must be http://sandbox.localdomain:PORT/..."]
    if port is None:
        return ["URI port is not provided"]
    return ["URI port 9001 is reserved"] if port == 9001 else []

"""The Extensions API: who may ask what in which state, and the answers of AWS's emulator."""

import json
import os
import uuid

from .http_server import CLOSE, Answer, error_answer, json_answer, plain_answer

BASE = "/2020-01-01/extension"

STARTED, REGISTERED, READY, RUNNING = "Started", "Registered", "Ready", "Running"
INIT_ERROR, EXIT_ERROR = "InitError", "ExitError"

# state -> what may be asked in it. Whatever is not here is refused and changes nothing.
ALLOWED = {
    STARTED: {"register"},
    REGISTERED: {"next", "init/error", "exit/error"},
    READY: {"exit/error"},
    RUNNING: {"next", "exit/error"},
    INIT_ERROR: {"init/error"},
    EXIT_ERROR: {"exit/error"},
}
LIMIT = 10


class Extension:
    """One extension in one life of the environment. All fields change under the lock."""

    def __init__(self, name, path=None):
        self.name = name
        self.path = path
        self.process = None
        self.id = str(uuid.uuid4())
        self.state = STARTED
        self.events = []
        self.error_type = None
        self.pending = None  # the event that the next answer to /event/next carries

    @property
    def external(self):
        return self.path is not None

    @property
    def crashed(self):
        return self.process is not None and not self.process.alive

    def release(self, event):
        self.pending = event


class ExtensionsApi:
    """One life of the environment. `function` has name, version and handler for the answer to
    register; `event_types` says which events may be asked for."""

    def __init__(self, history, paths, function, event_types=("INVOKE", "SHUTDOWN")):
        self.history = history
        self.function = function
        self.event_types = event_types
        self.extensions = [Extension(os.path.basename(path), path) for path in paths]
        self.registration_open = True
        self.closed = False

    def close(self):
        """Those who wait in /event/next lose their connection."""
        with self.history.changed:
            self.closed = True
            self.history.changed.notify_all()

    def by_name(self, name):
        return next((e for e in self.extensions if e.name == name), None)

    def by_identifier(self, headers):
        """The extension and None, or None and the answer that says what is wrong."""
        identifier = headers.get("Lambda-Extension-Identifier")
        if not identifier:
            problem = "Missing", "Missing Lambda-Extension-Identifier header"
        else:
            for extension in self.extensions:
                if extension.id == identifier and extension.state != STARTED:
                    return extension, None
            problem = ("Unknown", "Unknown extension") if _is_uuid(identifier) else (
                "Invalid", "Invalid Lambda-Extension-Identifier"
            )
        return None, error_answer(403, f"Extension.{problem[0]}ExtensionIdentifier", problem[1])

    def handle(self, request):
        call = request.path[len(BASE) + 1 :]
        wanted = {"register": "POST", "event/next": "GET", "init/error": "POST",
                  "exit/error": "POST"}.get(call)
        if wanted is None:
            return plain_answer(404, "404 page not found")
        if request.method != wanted:
            return plain_answer(405, "405 method not allowed")
        with self.history.changed:
            if call == "register":
                return self._register(request)
            extension, problem = self.by_identifier(request.headers)
            if problem:
                self.history.record("extension.refused", name=None, call=call, status=403)
                return problem
            if call == "event/next":
                return self._next(extension)
            return self._error(extension, call, request.headers)

    def _refuse(self, name, call, error_type, message):
        self.history.record("extension.refused", name=name, call=call, status=403, error=error_type)
        return error_answer(403, error_type, message)

    def _wrong_state(self, extension, call):
        return self._refuse(
            extension.name, call, "Extension.InvalidExtensionState",
            f"{call} is not allowed in state {extension.state} for extension {extension.id}. "
            "Error: State transition is not allowed",
        )

    def _register(self, request):
        name = request.headers.get("Lambda-Extension-Name", "")
        if not name:
            return self._refuse(name, "register", "Extension.InvalidExtensionName",
                                "Empty extension name")
        try:
            body = json.loads(request.body)
            events = body.get("events", [])
            if body.get("configurationKeys") or not isinstance(events, list):
                raise ValueError
        except (ValueError, AttributeError):
            return self._refuse(name, "register", "InvalidRequestFormat", "Invalid request format")
        extension = self.by_name(name)
        if extension is None:
            if not self.registration_open:
                return self._refuse(name, "register", "Extension.RegistrationClosed",
                                    "Extension registration closed already")
            if len(self.extensions) >= LIMIT:
                return self._refuse(name, "register", "Extension.TooManyExtensions",
                                    f"Extension limit ({LIMIT}) reached")
            extension = Extension(name)  # no file has that name: an internal extension
        if "register" not in ALLOWED[extension.state]:
            return self._wrong_state(extension, "register")
        return self._accept(extension, events, request.headers)

    def _accept(self, extension, events, headers):
        allowed = self.event_types if extension.external else ("INVOKE",)
        for event in events:
            if event not in allowed:
                return self._refuse(extension.name, "register", "Extension.InvalidEventType",
                                    f"{event}: ErrorInvalidEventType")
        if not extension.external:
            self.extensions.append(extension)
        extension.state = REGISTERED
        extension.events = events
        self.history.record("extension.register", name=extension.name, events=events)
        answer = {name: self.function[name]
                  for name in ("functionName", "functionVersion", "handler")}
        features = headers.get("Lambda-Extension-Accept-Feature", "")
        if "accountId" in [feature.strip() for feature in features.split(",")]:
            answer["accountId"] = self.function["accountId"]
        return json_answer(200, answer, Lambda_Extension_Identifier=extension.id)

    def _next(self, extension):
        if "next" not in ALLOWED[extension.state]:
            return self._wrong_state(extension, "event/next")
        extension.state = READY
        self.history.record("extension.next", name=extension.name)
        self.history.changed.wait_for(lambda: self.closed or extension.pending)
        if self.closed or extension.state != READY:
            return CLOSE
        event, extension.pending = extension.pending, None
        extension.state = RUNNING
        kind = event["eventType"]
        self.history.record("extension.event", name=extension.name, type=kind,
                            request_id=event.get("requestId"))
        body = json.dumps(event).encode()
        if kind == "SHUTDOWN":
            return Answer(200, body, {"Content-Type": "text/plain; charset=utf-8"})
        return Answer(200, body, {"Content-Type": "application/json",
                                  "Lambda-Extension-Event-Identifier": str(uuid.uuid4())})

    def _error(self, extension, call, headers):
        error_type = headers.get("Lambda-Extension-Function-Error-Type")
        if not error_type:
            return self._refuse(extension.name, call, "Extension.MissingHeader",
                                "Missing Lambda-Extension-Function-Error-Type header")
        if call not in ALLOWED[extension.state]:
            return self._wrong_state(extension, call)
        # Only recorded, the first one counts: the platform acts when the process ends.
        extension.state = INIT_ERROR if call == "init/error" else EXIT_ERROR
        extension.error_type = extension.error_type or error_type
        self.history.record("extension.error", name=extension.name, call=call, error=error_type)
        return json_answer(202, {"status": "OK"})


def _is_uuid(text):
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True

"""A gRPC backend that a test scripts, by grpcio: the counterpart of backend.Sink."""

import threading
from concurrent import futures
from dataclasses import dataclass, field

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from otlp import ITEMS, REQUESTS, RESPONSES

SERVICES = {
    f"/opentelemetry.proto.collector.{name}/Export": signal
    for name, signal in {"trace.v1.TraceService": "traces", "logs.v1.LogsService": "logs",
                         "metrics.v1.MetricsService": "metrics"}.items()
}


@dataclass
class Refusal:
    """How a call ends that is not taken; `delay` (seconds) is said by a RetryInfo."""

    code: grpc.StatusCode
    text: str = ""
    delay: float | None = None

    def trailers(self):
        if self.delay is None:
            return ()
        info = Any()
        info.Pack(RetryInfo(retry_delay=Duration(seconds=int(self.delay),
                                                 nanos=int(self.delay % 1 * 1e9))))
        status = Status(code=self.code.value[0], message=self.text, details=[info])
        return (("grpc-status-details-bin", status.SerializeToString()),)


@dataclass
class Call:
    """One call. `time_left` is what its grpc-timeout gave it, in seconds."""

    signal: str
    body: bytes
    metadata: dict
    peer: str
    time_left: float
    accepted: bool = False

    def items(self):
        return ITEMS[self.signal](REQUESTS[self.signal].FromString(self.body))


@dataclass
class GrpcSink:
    """`judge(call)` returns a Refusal, the bytes of a response, or None for a full success."""

    history: object
    credentials: object = None
    host: str = "localhost"
    port: int = 0
    options: tuple = ()
    calls: list = field(default_factory=list)

    def __post_init__(self):
        self.judge = lambda call: None
        self._lock = threading.Lock()
        self.start()

    def start(self):
        self.server = grpc.server(futures.ThreadPoolExecutor(8), options=self.options)
        self.server.add_generic_rpc_handlers((self,))
        address = f"{self.host}:{self.port}"
        if self.credentials:
            self.port = self.server.add_secure_port(address, self.credentials)
        else:
            self.port = self.server.add_insecure_port(address)
        self.server.start()

    def close(self, grace=None):
        self.server.stop(grace).wait()

    @property
    def url(self):
        return f"{'https' if self.credentials else 'http'}://{self.host}:{self.port}"

    def service(self, details):
        signal = SERVICES.get(details.method)
        if not signal:
            return None  # grpcio answers UNIMPLEMENTED

        def handle(body, context):
            return self._handle(signal, body, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def _handle(self, signal, body, context):
        call = Call(signal, body, dict(context.invocation_metadata()), context.peer(),
                    context.time_remaining())
        with self._lock:
            self.calls.append(call)
            answer = self.judge(call)
        self.history.record("backend.request", signal=signal)
        code = answer.code.name if isinstance(answer, Refusal) else "OK"
        call.accepted = code == "OK"
        self.history.record("backend.answer", signal=signal, status=code)
        if isinstance(answer, Refusal):
            context.set_trailing_metadata(answer.trailers())
            context.abort(answer.code, answer.text)
        return answer if answer is not None else RESPONSES[signal]().SerializeToString()

    def items(self, signal):
        with self._lock:
            taken = [c for c in self.calls if c.accepted and c.signal == signal]
        return [item for call in taken for item in call.items()]

    def names(self, signal="traces"):
        key = "body" if signal == "logs" else "name"
        return [item[key] for item in self.items(signal)]

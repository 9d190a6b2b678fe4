"""Jaeger, Prometheus and Loki as processes, and what their own APIs tell."""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120  # to start, to show what was sent; machines are slow when they are shared


class Backend:
    """One backend in a folder of its own, started and ready."""

    name = None
    ready = None  # path that answers 200 once it is

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()  # of its API
        self.url = f"http://127.0.0.1:{self.port}"
        built = subprocess.run([ROOT / "scripts" / "backends" / "build", self.name],
                               capture_output=True, text=True)
        assert built.returncode == 0, built.stderr
        self.log = folder / f"{self.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([built.stdout.strip(), *self.arguments()], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL, cwd=folder)
        try:
            self.await_value(lambda: self.is_ready())
        except AssertionError:
            self.stop()
            raise

    def arguments(self):
        raise NotImplementedError

    def is_ready(self):
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError):  # an answer of 4xx or 5xx is one, too
            urllib.request.urlopen(self.url + self.ready, timeout=5).close()
            return True
        return False

    def stop(self):
        """At once: nothing of it is kept, and some would take ten seconds to write it down."""
        self.process.kill()
        self.process.wait(30)

    def ask(self, path, **query):
        """The answer of its API in JSON."""
        url = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def await_value(self, ask, enough=bool):
        """What `ask` returns once that is enough: what was taken may take its time to be seen."""
        give_up = time.monotonic() + SECONDS
        while not enough(value := ask()):
            assert time.monotonic() < give_up, \
                f"{self.name}: {value}\n{self.log.read_text()[-5000:]}"
            time.sleep(0.05)
        return value


class Jaeger(Backend):
    name = "jaeger"
    ready = "/api/services"

    def arguments(self):
        self.http_port, self.grpc_port = free_port(), free_port()
        ports = {"collector.otlp.http": self.http_port, "collector.otlp.grpc": self.grpc_port,
                 "query.http-server": self.port, "query.grpc-server": free_port(),
                 "admin.http": free_port(), "collector.http-server": free_port(),
                 "collector.grpc-server": free_port()}
        return [f"--{what}.host-port=127.0.0.1:{port}" for what, port in ports.items()]

    def spans(self, count):
        """So many spans of the service `orders`, each with the process it came from."""
        def all_spans():
            traces = self.ask("/api/traces", service="orders", limit=1000)["data"]
            return [{**span, "process": trace["processes"][span["processID"]]}
                    for trace in traces for span in trace["spans"]]

        return self.await_value(all_spans, lambda spans: len(spans) >= count)

    def trace(self, trace_id):
        """The spans of one trace."""
        (found,) = self.ask(f"/api/traces/{trace_id}")["data"]
        return found["spans"]


class Prometheus(Backend):
    name = "prometheus"
    ready = "/-/ready"

    def arguments(self):
        (self.folder / "prometheus.yml").write_text(
            "otlp: {promote_resource_attributes: [service.version, cloud.provider, faas.name]}\n")
        return ["--config.file=prometheus.yml", f"--web.listen-address=127.0.0.1:{self.port}",
                "--storage.tsdb.path=data", "--web.enable-otlp-receiver",
                "--enable-feature=exemplar-storage"]

    def values(self, query):
        """The series that the query finds now: their labels and values."""
        found = self.ask("/api/v1/query", query=query)["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def exemplars(self, query):
        """All exemplars of the last hour: their labels and values."""
        now = time.time()
        found = self.ask("/api/v1/query_exemplars", query=query, start=now - 3600, end=now + 60)
        return [(exemplar["labels"], float(exemplar["value"]))
                for series in found["data"] for exemplar in series["exemplars"]]


LOKI = """
auth_enabled: false
server: {{http_listen_address: 127.0.0.1, http_listen_port: {port},
         grpc_listen_address: 127.0.0.1, grpc_listen_port: {grpc_port}}}
common:
  path_prefix: "{folder}"
  replication_factor: 1
  instance_addr: 127.0.0.1
  ring: {{kvstore: {{store: inmemory}}}}
  storage:
    filesystem: {{chunks_directory: "{folder}/chunks", rules_directory: "{folder}/rules"}}
schema_config:
  configs:
  - {{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13,
     index: {{prefix: index_, period: 24h}}}}
ingester: {{lifecycler: {{min_ready_duration: 0s, final_sleep: 0s}}}}
limits_config: {{allow_structured_metadata: true}}
analytics: {{reporting_enabled: false}}
"""


class Loki(Backend):
    name = "loki"
    ready = "/ready"

    def arguments(self):
        (self.folder / "loki.yaml").write_text(
            LOKI.format(port=self.port, grpc_port=free_port(), folder=self.folder))
        return ["-config.file=loki.yaml", "-target=all"]

    def lines(self, count, where=""):
        """So many log lines of the service `orders`, of all or of those that fit: (line, its labels
        and structured metadata)."""
        def all_lines():
            query = '{service_name="orders"}' + where
            streams = self.ask("/loki/api/v1/query_range", query=query,
                               limit=5000, since="1h")["data"]["result"]
            return [(line, stream["stream"]) for stream in streams
                    for _, line in stream["values"]]

        return self.await_value(all_lines, lambda lines: len(lines) >= count)

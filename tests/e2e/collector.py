"""The real OpenTelemetry Collector: OTLP in, a file of JSON lines out."""

import base64
import json
import subprocess
import time
from pathlib import Path

from google.protobuf import json_format

from otlp import ITEMS, REQUESTS
from ports import free_port

CONFIG = """
receivers:
  otlp:
    protocols:
      http: {{endpoint: "127.0.0.1:{port}"}}
      grpc: {{endpoint: "127.0.0.1:{grpc_port}"}}
exporters: {{file: {{path: "{output}"}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [file]}}
    logs: {{receivers: [otlp], exporters: [file]}}
    metrics: {{receivers: [otlp], exporters: [file]}}
"""
KEYS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
IDS = ("traceId", "spanId", "parentSpanId")


class Collector:
    def __init__(self, binary, directory, port):
        self.port = port
        self.grpc_port = free_port()
        self.output = Path(directory) / "collector.jsonl"
        config = Path(directory) / "collector.yaml"
        config.write_text(CONFIG.format(port=port, grpc_port=self.grpc_port,
                                        output=self.output))
        self.log = Path(directory) / "collector.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([binary, "--config", str(config)], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        self._await_ready()

    def _await_ready(self):
        """It listens before it is ready: ended in between it would write nothing."""
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and self.process.poll() is None:
            if b"Everything is ready" in self.log.read_bytes():
                return
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError(f"the Collector did not start:\n{self.log.read_text()}")

    def stop(self):
        """Ends it as an orchestrator would, so that its file is complete."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
            assert self.process.returncode == 0, self.log.read_text()

    def items(self, signal):
        """All it has written, as otlp.ITEMS gives them. Stops it first."""
        self.stop()
        found = []
        for line in self.output.read_text().splitlines():
            document = json.loads(line)
            if KEYS[next(iter(document))] == signal:
                _ids_to_base64(document)
                request = json_format.ParseDict(document, REQUESTS[signal](),
                                                ignore_unknown_fields=True)
                found += ITEMS[signal](request)
        return found


def _ids_to_base64(node):
    """OTLP's JSON has ids in hex, protobuf's own JSON has bytes in base64."""
    if isinstance(node, list):
        for child in node:
            _ids_to_base64(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key in IDS:
                node[key] = base64.b64encode(bytes.fromhex(child)).decode()
            else:
                _ids_to_base64(child)

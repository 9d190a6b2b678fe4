"""A Lambda function whose log lines go two ways: as AWS's runtime client writes them, and by the
SDK's handler for Python's logging. Key of the event:
  order  id of the order, part of the line
"""

import logging

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

records = LoggerProvider()
records.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logging.getLogger().addHandler(LoggingHandler(logger_provider=records))
log = logging.getLogger("orders")
log.setLevel(logging.INFO)


def handler(event, context):
    log.info("order %s is paid", event["order"])
    if not records.force_flush():
        raise RuntimeError("the record was not taken")

"""A Lambda function that says the same with every logger, each behind a line that names it."""

import json
import logging
import os
import sys
import time

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
KIND = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "Text").lower()


def vector(name):
    sys.stderr.flush()
    sys.stdout.write(f"\x1e{name} {time.time_ns()}\n")
    sys.stdout.flush()


def fail():
    raise ValueError("no order 7")


def runtime(context):
    log = logging.getLogger()
    log.setLevel(logging.INFO)
    vector(f"python-{KIND}-info")
    log.info("order %d was taken", 7)
    vector(f"python-{KIND}-extra")
    logging.getLogger("shop").warning("low\tstock", extra={"order": 7, "paid": True})
    vector(f"python-{KIND}-exception")
    try:
        fail()
    except ValueError:
        log.exception("order failed")
    vector(f"python-{KIND}-print")
    print("printed")
    vector(f"python-{KIND}-print-json")
    print(json.dumps({"level": "warning", "msg": "printed", "order": 7, "ratio": float("nan")}))


def powertools(context):
    from aws_lambda_powertools import Logger

    log = Logger(service="shop", level="DEBUG")
    vector("powertools-python-info")
    log.info("order 7 was taken", order=7)
    vector("powertools-python-context")
    log.inject_lambda_context(lambda event, context: log.warning({"order": 7}))({}, context)
    vector("powertools-python-exception")
    try:
        fail()
    except ValueError:
        log.exception("order failed")


def structured():
    import structlog

    chain = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso")]
    for name, how in (("text", structlog.processors.format_exc_info),
                      ("frames", structlog.processors.dict_tracebacks)):
        structlog.configure(
            processors=[*chain, how, structlog.processors.JSONRenderer()],
            logger_factory=structlog.PrintLoggerFactory(sys.stdout),
            cache_logger_on_first_use=False)
        log = structlog.get_logger()
        if name == "text":
            vector("structlog-info")
            log.info("order taken", order=7, trace_id=TRACE, span_id=SPAN)
            vector("structlog-debug")
            log.debug("looking", order={"n": 7, "tags": ["a", None]})
        vector(f"structlog-exception-{name}")
        try:
            fail()
        except ValueError:
            log.exception("order failed", order=7)


def json_logger():
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    log = logging.getLogger("json")
    log.propagate = False
    log.addHandler(handler)
    vector("python-json-logger-info")
    log.info("order 7 was taken", extra={"otelTraceID": TRACE, "otelSpanID": SPAN})
    vector("python-json-logger-exception")
    try:
        fail()
    except ValueError:
        log.exception("order failed")


def others():
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("mine")
    log.propagate = False
    log.addHandler(handler)
    vector("python-asctime")
    log.error("order 7 failed")
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    vector("python-basic")
    log.error("order 7 failed")


def handler(event, context):
    runtime(context)
    if KIND == "text":
        powertools(context)
        structured()
        json_logger()
        others()
    vector(f"python-{KIND}-thrown")
    fail()

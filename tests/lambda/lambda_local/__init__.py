"""A local AWS Lambda: the environment that the demo, the tests and the benchmark share."""

from .environment import Ended, InitFailed, LambdaEnvironment
from .history import Event, History
from .http_server import CLOSE, HANG, RESET, Answer, Request, Server, json_answer
from .memory import MemoryGroup

__all__ = ["CLOSE", "HANG", "RESET", "Answer", "Ended", "Event", "History", "InitFailed",
           "LambdaEnvironment", "MemoryGroup", "Request", "Server", "json_answer"]

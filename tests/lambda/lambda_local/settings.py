"""What an environment was told to be, and what follows from it."""

import secrets
from dataclasses import dataclass, field

from . import variables

MANAGED_INSTANCES = "lambda-managed-instances"


@dataclass
class Settings:
    """See environment.LambdaEnvironment."""

    extensions: list
    runtime: object
    environ: dict
    timeout: float
    grace: float
    patient: bool
    freeze: bool
    telemetry_options: dict
    log_format: str
    initialization_type: str
    concurrency: int
    init_timeout: float
    memory_size: int
    function_name: str
    handler: str
    task_root: str
    network: object
    report_after_failure: bool
    function_version: str = "$LATEST"
    runtime_api: str = ""
    memory_group: object = None  # memory.MemoryGroup, in which a runtime of its own runs
    instance_id: str = field(
        default_factory=lambda: f"2026/01/01/[$LATEST]{secrets.token_hex(16)}")

    @property
    def managed_instances(self):
        return self.initialization_type == MANAGED_INSTANCES

    def variables(self):
        return vars(self)

    def function(self):
        return {"functionName": self.function_name, "functionVersion": self.function_version,
                "handler": self.handler, "accountId": variables.ACCOUNT}

    @property
    def arn(self):
        return (f"arn:aws:lambda:{variables.REGION}:{variables.ACCOUNT}:"
                f"function:{self.function_name}")

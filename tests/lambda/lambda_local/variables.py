"""The environment variables that Lambda gives to an extension and to a runtime."""

import os

from . import credentials

REGION = "eu-central-1"
ACCOUNT = "123456789012"

# Seen by the runtime only: AWS hides them from extensions.
HIDDEN = {
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}


def platform_variables(settings):
    """What both see. `settings` is the environment's own (function_name, memory_size, ...)."""
    variables = {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": settings["function_name"],
        "AWS_LAMBDA_FUNCTION_VERSION": settings["function_version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["memory_size"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": settings["initialization_type"],
        "AWS_LAMBDA_RUNTIME_API": settings["runtime_api"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
    }
    if settings["initialization_type"] == "snap-start":
        variables.update(credentials.variables(settings["runtime_api"]))
    else:
        variables.update({"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SESSION_TOKEN": "not-a-token",
                          "AWS_SECRET_ACCESS_KEY": "not-a-secret"})
    if settings["log_format"] == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = "INFO"
    return variables


def extension_variables(settings, environ):
    """The function's own variables are seen by extensions too, except the reserved ones."""
    variables = {**environ, **platform_variables(settings)}
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith("_") and name not in HIDDEN
    }


def runtime_variables(settings, environ):
    variables = {
        **platform_variables(settings),
        "_HANDLER": settings["handler"],
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings['function_name']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": settings["instance_id"],
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": settings["task_root"],
    }
    if settings["initialization_type"] == "lambda-managed-instances":
        variables["AWS_LAMBDA_MAX_CONCURRENCY"] = str(settings["concurrency"])
    return {**environ, **variables}

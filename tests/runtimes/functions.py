"""The functions: one behaviour in four languages, each under AWS's runtime client of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("python", "go", "node", "java")
HEAP_MB = 128  # Lambda sets a limit, too, by the function's memory


@dataclass(frozen=True)
class Function:
    """`command` starts the runtime client in `folder`."""

    language: str
    command: list
    folder: Path
    handler: str

    def options(self):
        """For LambdaEnvironment. A virtual machine that starts on a busy core takes its time."""
        return {"runtime": self.command, "task_root": self.folder, "handler": self.handler,
                "init_timeout": 60, "timeout": 60, "memory_size": 512}


def _python():
    return Function("python", [sys.executable, "-m", "awslambdaric", "orders.handler"],
                    ROOT / "tests" / "functions" / "python", "orders.handler")


def _go(program):
    return Function("go", [str(program)], program.parent, "bootstrap")


def _node(folder):
    client = folder / "node_modules" / "aws-lambda-ric" / "index.mjs"
    command = [str(folder / "bin" / "node"), f"--max-old-space-size={HEAP_MB}", str(client),
               "function.handler"]
    return Function("node", command, folder, "function.handler")


def _java(folder):
    # Short-lived: no optimising compiler, one thread of it, and a garbage collector without any.
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
               f"-Xmx{HEAP_MB}m", "-cp", f"{folder}/*",
               "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
               "orders.Function::handleRequest"]
    return Function("java", command, folder, "orders.Function::handleRequest")


def build(language):
    """Where scripts/functions/`language` has it, a program or a folder, built if it is not in the
    cache. Raises AssertionError with what was said."""
    built = subprocess.run([ROOT / "scripts" / "functions" / language], capture_output=True,
                           text=True)
    assert built.returncode == 0, f"the {language} function cannot be built:\n{built.stderr}"
    return Path(built.stdout.strip())


def make(language):
    """The function, built as build() does it."""
    if language == "python":
        return _python()
    return {"go": _go, "node": _node, "java": _java}[language](build(language))

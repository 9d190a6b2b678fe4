"""The README's table of settings is that of `lull --help`, which is the one in the code."""

import platform
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCH = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
HELP = re.compile(r"^  (?=\w+_)(.{26}|\w{27,}) (.{9}|\S{10,}) (?:\n {39})?(\S.*)$", re.M)
README = re.compile(r"^\| `([A-Z]\w*_\w+)` \| *(?:`(\S+)`)?([^|]*)\|([^|]*)\|$", re.M)


def settings_of_help():
    lull = ROOT / "build" / ARCH / "lull"
    text = subprocess.run([lull, "--help"], capture_output=True, text=True, check=True).stdout
    lines = text.partition("environment variables:\n")[2]
    return {name.strip(): (default.strip(), meaning)
            for name, default, meaning in HELP.findall(lines)}


def settings_of_readme():
    text = (ROOT / "README.md").read_text()
    return {name: default for name, default, _, _ in README.findall(text)}


def test_every_setting_is_in_the_readme_and_no_other():
    assert len(settings_of_readme()) > 10
    assert set(settings_of_help()) == set(settings_of_readme())


@pytest.mark.parametrize("name", settings_of_readme())
def test_the_defaults_agree(name):
    assert settings_of_help()[name][0] == settings_of_readme()[name]

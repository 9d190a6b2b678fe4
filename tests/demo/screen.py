"""The terminal: how wide it is, whether it shows colours and line drawing, and plain helpers."""

import os
import shutil
import sys
import textwrap
import unicodedata

NARROWEST, WIDEST = 80, 100
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
# What is drawn, and what stands for it where the encoding has no such characters.
DRAWING = {
    "branch": ("├─ ", "|- "), "last": ("└─ ", "`- "), "pass": ("│  ", "|  "), "none": ("   ",) * 2,
    "mark": ("◆", "*"), "full": ("█", "="), "left": ("▌", "="), "right": ("▐", "="),
    "light": ("░", "."), "tick": ("┊", ":"), "line": ("─", "-"), "arrow": ("→", "->"),
    "more": ("…", "..."),
}


class Screen:
    """Everything goes through `write`. Colours only on a terminal, and not with NO_COLOR set."""

    def __init__(self, stream=None, environ=None):
        self.stream = stream or sys.stdout
        environ = os.environ if environ is None else environ
        self.colour = (self.stream.isatty() and not environ.get("NO_COLOR")
                       and environ.get("TERM") != "dumb")
        columns = shutil.get_terminal_size((WIDEST, 24)).columns
        self.width = max(NARROWEST, min(WIDEST, columns))
        self._which = 0 if self._draws() else 1

    def _draws(self):
        try:
            "".join(pair[0] for pair in DRAWING.values()).encode(self.stream.encoding or "ascii")
        except (LookupError, UnicodeError):
            return False
        return True

    def __getitem__(self, name):
        return DRAWING[name][self._which]

    def write(self, text=""):
        encoding = self.stream.encoding or "ascii"
        text = text.rstrip().encode(encoding, "replace").decode(encoding)
        print(text, file=self.stream, flush=True)

    def paint(self, text, *styles):
        if not self.colour or not styles or not text.strip():
            return text
        return f"\x1b[{';'.join(STYLES[s] for s in styles)}m{text}\x1b[0m"

    def title(self, text, aside=""):
        """A heading over the whole width, `aside` at its right end."""
        aside = f" {aside}" if aside else ""
        line = self["line"] * max(3, self.width - len(text) - len(aside) - 2)
        self.write()
        self.write(f"{self.paint(text, 'bold')} {self.paint(line + aside, 'dim')}")

    def prose(self, text, *styles):
        for line in textwrap.wrap(text, self.width - 1, break_on_hyphens=False):
            self.write(self.paint(line, *styles))

    def fit(self, text, width):
        """Cut to `width`, and padded to it."""
        if len(text) > width:
            text = text[: width - len(self["more"])] + self["more"]
        return text.ljust(width)


def clean(text):
    """A line that can neither move the cursor nor upset the columns."""
    text = unicodedata.normalize("NFC", str(text))
    return "".join(c if c.isprintable() and not unicodedata.combining(c) else " " for c in text)

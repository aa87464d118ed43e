import json
import sys

# The CLI cuts longer lines and takes their level away.
MAX_TEXT_CHARACTERS = 800


class JsonLog:
    """Log lines in the form that the CLI reads from a plugin's standard output."""

    def error(self, text):
        self._line("error", text)

    def info(self, text):
        self._line("info", text)

    def _line(self, level, text):
        line = {"level": level, "module": "duckdb-dest", "message": text[:MAX_TEXT_CHARACTERS]}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()

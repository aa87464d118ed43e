"""A web server of the test's own, on the loopback interface."""

import json
from http.server import BaseHTTPRequestHandler

from .loopback import Loopback


class WebServer(Loopback):
    """Use as a context. `answer` is given a request's method, path and headers, and returns the body, as text or
    as what becomes JSON; None: there is no such page. A form that is posted stands behind the path, as a query would.
    `requests` holds method and path of all requests."""

    def __init__(self, answer):
        self.requests = []
        super().__init__(self._handler(answer))

    def _handler(server, answer):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(self.path)

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(f"{self.path}?{form}")

            def answer(self, path):
                server.requests.append((self.command, path))
                content = answer(self.command, path, self.headers)
                body = (content if isinstance(content, str) else json.dumps(content)).encode()
                self.send_response_only(404 if content is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_PUT = do_GET

            def log_message(self, *_):
                pass

        return Handler

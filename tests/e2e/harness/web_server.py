"""A web server of the test's own, on the loopback interface."""

import json
from http.server import BaseHTTPRequestHandler

from .loopback import Loopback


class WebServer(Loopback):
    """Use as a context. `answer` is given a request's method, path and headers, and returns the body, as text or
    as what becomes JSON; None: there is no such page. `requests` holds method and path of all requests."""

    def __init__(self, answer):
        self.requests = []
        super().__init__(self._handler(answer))

    def _handler(server, answer):  # noqa: N805, `self` is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.requests.append((self.command, self.path))
                content = answer(self.command, self.path, self.headers)
                body = (content if isinstance(content, str) else json.dumps(content)).encode()
                self.send_response_only(404 if content is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_PUT = do_GET

            def log_message(self, *_):
                pass

        return Handler

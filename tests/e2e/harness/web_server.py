"""A web server of the test's own, on the loopback interface."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebServer:
    """Use as a context. `answer` is given a request's method, path and headers, and returns the body, as text or
    as what becomes JSON; None: there is no such page. `requests` holds method and path of all requests."""

    def __init__(self, answer):
        self.requests = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

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

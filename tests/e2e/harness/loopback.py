"""What the servers of the tests' own have in common: they run on the loopback interface while a test needs them."""

import threading
from http.server import ThreadingHTTPServer

# How long stopping may take.
POLL_SECONDS = 0.05


class Loopback:
    """Use as a context. `handler` answers the requests of one connection."""

    def __init__(self, handler, server=ThreadingHTTPServer):
        self._server = server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.endpoint = f"http://{self.address}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=[POLL_SECONDS], daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

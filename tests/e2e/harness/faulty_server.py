"""An HTTP server for S3 requests that brings about faults (harness/faults.py). What answers in the end is up to its
two kinds: a proxy in front of MinIO (harness/s3_proxy.py) and a stand-in for S3 (harness/stand_in_s3.py).
"""

import os
import socket
import struct
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .faults import Exchange
from .loopback import Loopback

# With a linger time of zero, closing sends a reset.
RESET = struct.pack("ii", 1, 0)
PIECE_BYTES = 64 * 1024


class Server(ThreadingHTTPServer):
    # Many connections at once, and again after all of them were dropped.
    request_queue_size = 512

    def handle_error(self, *_):
        """A client that goes away is what some tests are about."""


class FaultyServer(Loopback):
    """Use as a context. `reads` counts the GETs of objects by key, `lists` those of listings, `access_keys` all
    requests by the key that signed them. A subclass gives the answers."""

    def __init__(self, *faults):
        self.reads = Counter()
        self.lists = 0
        self.access_keys = Counter()
        self.faults = faults
        self._lock = threading.Lock()
        super().__init__(self._handler(), Server)

    def ask(self, request, exchange):
        """The Answer without faults. `request`: a BaseHTTPRequestHandler."""
        raise NotImplementedError

    def forget(self):
        with self._lock:
            self.reads, self.lists = Counter(), 0

    def _exchange(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape"))
        parts = urllib.parse.unquote(url.path, errors="surrogateescape").lstrip("/").split("/", 1)
        exchange = Exchange(
            key=None if "list-type" in query else parts[1] if len(parts) > 1 else "",
            number=0,
            method=request.command,
            bucket=parts[0],
            query=query,
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        with self._lock:
            self.access_keys[exchange.access_key] += 1
            if exchange.is_list:
                self.lists += 1
                exchange.number = self.lists
            elif exchange.method == "GET":
                self.reads[exchange.key] += 1
                exchange.number = self.reads[exchange.key]
        return exchange

    def _handler(server):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Else the body waits until the client has acknowledged the head.
            disable_nagle_algorithm = True

            def do_GET(self):
                exchange = server._exchange(self)
                faults = [fault for fault in server.faults if fault.meets(exchange)]
                for fault in faults:
                    fault.before(exchange)
                if exchange.hang_up:
                    return self.end("reset")
                if exchange.answer is None:
                    exchange.answer = server.ask(self, exchange)
                for fault in faults:
                    fault.after(exchange)
                self.send(exchange.answer)

            def do_HEAD(self):
                """Not counted, and no fault meets it."""
                exchange = server._exchange(self)
                self.send(server.ask(self, exchange))

            def send(self, answer):
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if answer.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command == "HEAD":
                    return
                body = answer.body
                if answer.chunked:
                    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
                body = memoryview(body)[: answer.sent_bytes]
                for start in range(0, len(body), PIECE_BYTES):
                    piece = body[start : start + PIECE_BYTES]
                    self.wfile.write(piece)
                    if answer.bytes_per_s:
                        time.sleep(len(piece) / answer.bytes_per_s)
                self.end(answer.end)

            def end(self, how):
                self.close_connection = how != "keep"
                if how == "stall":
                    self.rfile.read(1)  # until the client gives up
                if how == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    os.close(self.connection.detach())

            def log_message(self, *_):
                pass

        return Handler

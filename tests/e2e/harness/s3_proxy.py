"""A proxy in front of the S3 server that counts requests, dates objects anew, and brings about faults.

MinIO dates objects by the millisecond of their completion. S3 dates them by the second, and a multipart
upload by its start; `dates` makes the listing say so.
"""

import http.client
import os
import re
import socket
import struct
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .faults import Answer, Exchange
from .loopback import Loopback

LISTED = re.compile(r"<Key>([^<]*)</Key><LastModified>([^<]*)</LastModified>")
# What belongs to one connection, not to the message.
OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding"}
# With a linger time of zero, closing sends a reset.
RESET = struct.pack("ii", 1, 0)
PIECE_BYTES = 64 * 1024


class Server(ThreadingHTTPServer):
    # Many connections at once, and again after all of them were dropped.
    request_queue_size = 512

    def handle_error(self, *_):
        """A client that goes away is what some tests are about."""


class S3Proxy(Loopback):
    """Use as a context. `reads` counts the GETs of objects by key, `lists` those of listings, `access_keys` all
    requests by the key that signed them."""

    def __init__(self, minio, *faults):
        self.reads = Counter()
        self.lists = 0
        self.access_keys = Counter()
        self.dates = {}
        self._faults = faults
        self._lock = threading.Lock()
        super().__init__(self._handler(minio.endpoint), Server)

    def forget(self):
        with self._lock:
            self.reads, self.lists = Counter(), 0

    def _count(self, path):
        url = urllib.parse.urlsplit(path)
        parts = urllib.parse.unquote(url.path).lstrip("/").split("/", 1)
        with self._lock:
            if "list-type=2" in url.query:
                self.lists += 1
                return Exchange(key=None, number=self.lists)
            key = parts[1] if len(parts) > 1 else ""
            self.reads[key] += 1
            return Exchange(key=key, number=self.reads[key])

    def _redated(self, body):
        def redate(found):
            date = self.dates.get(urllib.parse.unquote(found[1]), found[2])
            return f"<Key>{found[1]}</Key><LastModified>{date}</LastModified>"

        return LISTED.sub(redate, body.decode()).encode()

    def _handler(proxy, endpoint):  # noqa: N805, `self` is the handler below
        address = urllib.parse.urlsplit(endpoint).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                exchange = proxy._count(self.path)
                exchange.headers = {name.lower(): value for name, value in self.headers.items()}
                with proxy._lock:
                    proxy.access_keys[exchange.access_key] += 1
                faults = [fault for fault in proxy._faults if fault.meets(exchange)]
                for fault in faults:
                    fault.before(exchange)
                if exchange.hang_up:
                    return self.end("reset")
                if exchange.answer is None:
                    exchange.answer = self.ask(exchange)
                for fault in faults:
                    fault.after(exchange)
                self.send(exchange.answer)

            def do_HEAD(self):
                """Not counted, and no fault meets it."""
                self.send(self.ask(Exchange(key="", number=0)))

            def ask(self, exchange):
                connection = http.client.HTTPConnection(address)
                # The Host header is part of what was signed, so it is passed on like all others.
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders()
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                if exchange.is_list:
                    body = proxy._redated(body)
                headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in OF_THE_CONNECTION]
                return Answer(answer.status, answer.reason, headers, body)

            def send(self, answer):
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if self.command == "HEAD":
                    answer.body = b""
                if answer.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                    answer.body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(answer.body), answer.body)
                else:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                body = memoryview(answer.body)[: answer.sent_bytes]
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

"""A proxy in front of the S3 server that counts requests and may date objects anew.

MinIO dates objects by the millisecond of their completion. S3 dates them by the second, and a multipart
upload by its start; `dates` makes the listing say so.
"""

import http.client
import re
import threading
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LISTED = re.compile(r"<Key>([^<]*)</Key><LastModified>([^<]*)</LastModified>")
# What belongs to one connection, not to the message.
OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class S3Proxy:
    """Use as a context. `reads` counts the GETs of objects by key, `lists` those of listings."""

    def __init__(self, minio):
        self.reads = Counter()
        self.lists = 0
        self.dates = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(minio.endpoint))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def forget(self):
        with self._lock:
            self.reads, self.lists = Counter(), 0

    def _count(self, method, path):
        url = urllib.parse.urlsplit(path)
        parts = urllib.parse.unquote(url.path).lstrip("/").split("/", 1)
        is_list = "list-type=2" in url.query
        with self._lock:
            if is_list:
                self.lists += 1
            elif method == "GET":
                self.reads[parts[1]] += 1
        return is_list

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
                is_list = proxy._count(self.command, self.path)
                connection = http.client.HTTPConnection(address)
                # The Host header is part of what was signed, so it is passed on like all others.
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders()
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                if is_list:
                    body = proxy._redated(body)
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
                    if name.lower() not in OF_THE_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        return Handler

"""A proxy as companies have one: plain HTTP is passed on request by request, TLS through a tunnel (CONNECT).

It knows hosts that no name server knows, so what arrives from them has come through it.
"""

import base64
import http.client
import select
import socket
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler

from .faulty_server import Server
from .loopback import Loopback
from .s3_proxy import OF_THE_CONNECTION


class ForwardProxy(Loopback):
    """Use as a context. `hosts`: the port on loopback of each host it knows, by its domain, whatever port is asked for.
    `login` ("user:password") is demanded when given. `seen`: method and target of each request, `heads` their headers.
    """

    def __init__(self, hosts, login=None):
        self.seen = []
        self.heads = []
        self.refused = 0
        self._hosts = hosts
        self._login = login
        self._lock = threading.Lock()
        super().__init__(self._handler(), Server)

    def _port_of(self, host):
        """None for a host that it does not know."""
        return next((p for domain, p in self._hosts.items() if host == domain or host.endswith("." + domain)), None)

    def _admits(self, method, target, headers):
        with self._lock:
            self.seen.append(f"{method} {target}")
            self.heads.append(dict(headers))
            wanted = self._login and "Basic " + base64.b64encode(self._login.encode()).decode()
            admitted = headers.get("Proxy-Authorization") == wanted
            self.refused += not admitted
            return admitted

    def _handler(proxy):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self):
                port = self.admitted_port(self.path.rsplit(":", 1)[0])
                if port is None:
                    return
                with socket.create_connection(("127.0.0.1", port)) as server:
                    self.send_response_only(200, "Connection established")
                    self.end_headers()
                    self.tunnel(server)
                self.close_connection = True

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                port = self.admitted_port(url.hostname or "")
                if port is None:
                    return
                connection = http.client.HTTPConnection("127.0.0.1", port)
                target = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
                connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if not name.lower().startswith("proxy-"):
                        connection.putheader(name, value)
                connection.endheaders()
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                fields = [(n, v) for n, v in answer.getheaders() if n.lower() not in OF_THE_CONNECTION]
                self.answer(answer.status, fields, body)

            def admitted_port(self, host):
                """None when the request has been refused."""
                if not proxy._admits(self.command, self.path, self.headers):
                    return self.answer(407, [("Proxy-Authenticate", 'Basic realm="tests"')])
                port = proxy._port_of(host)
                return self.answer(502, []) if port is None else port

            def answer(self, status, fields, body=b""):
                self.send_response_only(status)
                for name, value in fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def tunnel(self, server):
                other = {self.connection: server, server: self.connection}
                while True:
                    for ready in select.select(list(other), [], [])[0]:
                        piece = ready.recv(65536)
                        if not piece:
                            return
                        other[ready].sendall(piece)

            def log_message(self, *_):
                pass

        return Handler

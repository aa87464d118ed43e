"""A proxy in front of the S3 server that counts requests, dates objects anew, and brings about faults.

MinIO dates objects by the millisecond of their completion. S3 dates them by the second, and a multipart
upload by its start; `dates` makes the listing say so.
"""

import http.client
import re
import urllib.parse

from .faults import Answer
from .faulty_server import FaultyServer

LISTED = re.compile(r"<Key>([^<]*)</Key><LastModified>([^<]*)</LastModified>")
# What belongs to one connection, not to the message.
OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class S3Proxy(FaultyServer):
    """Use as a context. `dates`: key -> the time that listings show of it."""

    def __init__(self, minio, *faults):
        self.dates = {}
        self._address = urllib.parse.urlsplit(minio.endpoint).netloc
        super().__init__(*faults)

    def ask(self, request, exchange):
        connection = http.client.HTTPConnection(self._address)
        # The Host header is part of what was signed, so it is passed on like all others.
        connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if exchange.is_list:
            body = self._redated(body)
        headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in OF_THE_CONNECTION]
        return Answer(answer.status, answer.reason, headers, body)

    def _redated(self, body):
        def redate(found):
            date = self.dates.get(urllib.parse.unquote(found[1]), found[2])
            return f"<Key>{found[1]}</Key><LastModified>{date}</LastModified>"

        return LISTED.sub(redate, body.decode()).encode()

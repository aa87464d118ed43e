"""What may go wrong between the plugin and the S3 server. Each fault meets some of the requests that pass a proxy
(harness/s3_proxy.py): it may act before the server is asked, answer in its place, and spoil its answer.
"""

import random
import re
import threading
import time
from dataclasses import dataclass, field

NO_LIMIT = None
RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
SIGNED_BY = re.compile(r"Credential=([^/]+)/")


@dataclass
class Answer:
    status: int
    reason: str
    headers: list  # of (name, value), without those of the connection
    body: bytes
    # How it is sent: so many bytes of the body, then the end that is named.
    sent_bytes: int | None = NO_LIMIT
    end: str = "keep"  # or "close", "reset", "stall"
    bytes_per_s: float | None = NO_LIMIT
    chunked: bool = False  # without a length


@dataclass
class Exchange:
    """One request, and its answer once there is one."""

    key: str | None  # of the object; None for a listing
    number: int  # of the request of its kind: which GET of this object, which page of listings; from 1
    method: str = "GET"
    bucket: str = ""
    query: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)  # by their lower-case names
    answer: Answer | None = None
    hang_up: bool = False  # without an answer

    @property
    def access_key(self):
        """With which it is signed; empty if it is not."""
        signed = SIGNED_BY.search(self.headers.get("authorization", ""))
        return signed[1] if signed else ""

    @property
    def is_list(self):
        return self.key is None

    @property
    def range(self):
        """First and last offset that are asked for, the last None for the end; None for the whole object."""
        asked = RANGE.match(self.headers.get("range", ""))
        return asked and (int(asked[1]), int(asked[2]) if asked[2] else None)

    def covers(self, offset):
        """Whether the answer to this GET of an object has its byte at `offset`."""
        first, last = self.range or (0, None)
        return self.number > 0 and first <= offset and (last is None or offset <= last)


def of(key):
    """Reads of one object."""
    return lambda exchange: exchange.key == key


def reads(exchange):
    return not exchange.is_list


def lists(exchange):
    return exchange.is_list


@dataclass
class Fault:
    """`on`: which requests it can meet. `times`: how many of them at most. `share`: how likely each is met."""

    on: object = reads
    times: int | None = NO_LIMIT
    share: float = 1.0
    met: int = field(default=0, init=False)
    _lock: object = field(default_factory=threading.Lock, init=False, repr=False)
    _random: object = field(default_factory=lambda: random.Random(7), init=False, repr=False)

    def meets(self, exchange):
        with self._lock:
            if not self.on(exchange) or self.met == self.times or self._random.random() >= self.share:
                return False
            self.met += 1
            return True

    def before(self, exchange):
        """Before the server is asked."""

    def after(self, exchange):
        """When its answer is there, before it is sent."""


@dataclass
class Delay(Fault):
    seconds: float = 0.0

    def before(self, exchange):
        time.sleep(self.seconds)


@dataclass
class Bandwidth(Fault):
    bytes_per_s: float = 0.0

    def after(self, exchange):
        exchange.answer.bytes_per_s = self.bytes_per_s


@dataclass
class Cut(Fault):
    """The body ends early: after a share of it, by a reset or an orderly close, or never (a stall)."""

    after_share: float = 0.5
    end: str = "reset"

    def after(self, exchange):
        exchange.answer.sent_bytes = int(len(exchange.answer.body) * self.after_share)
        exchange.answer.end = self.end


@dataclass
class Refuse(Fault):
    """The server does not get to see the request."""

    status: int = 503
    code: str = "SlowDown"
    more: str = ""

    def before(self, exchange):
        body = f"<Error><Code>{self.code}</Code><Message>as the test wants it</Message>{self.more}</Error>"
        exchange.answer = Answer(self.status, self.code, [("Content-Type", "application/xml")], body.encode())


@dataclass
class Page(Fault):
    """A web page in place of an answer of S3's, as of a load balancer that lost its way."""

    status: int = 404

    def before(self, exchange):
        body = b"<html><body><h1>default backend - %d</h1></body></html>" % self.status
        exchange.answer = Answer(self.status, "as a web server says it", [("Content-Type", "text/html")], body)


@dataclass
class Unavailable(Fault):
    """503 for some seconds, from the first request met on."""

    seconds: float = 0.0
    _until: float = field(default=0.0, init=False)

    def before(self, exchange):
        with self._lock:
            self._until = self._until or time.monotonic() + self.seconds
        if time.monotonic() < self._until:
            exchange.answer = Answer(503, "Slow Down", [], b"<Error><Code>SlowDown</Code></Error>")


@dataclass
class IgnoreIfMatch(Fault):
    """Answers reads as a server would that does not know the header; asks the real one through `s3`, a client."""

    s3: object = None
    bucket: str = ""

    def before(self, exchange):
        part = {"Range": exchange.headers["range"]} if "range" in exchange.headers else {}
        found = self.s3.get_object(Bucket=self.bucket, Key=exchange.key, **part)
        head = found["ResponseMetadata"]
        headers = [(n, v) for n, v in head["HTTPHeaders"].items() if n in {"etag", "content-range"}]
        exchange.answer = Answer(head["HTTPStatusCode"], "OK", headers, found["Body"].read())


@dataclass
class Chunks(Fault):
    """The answer comes in chunks, without its length."""

    def after(self, exchange):
        exchange.answer.chunked = True


@dataclass
class Expiry(Fault):
    """The server takes no key for longer than some seconds after it has seen it first."""

    seconds: float = 0.0
    _first_seen: dict = field(default_factory=dict, init=False, repr=False)

    def before(self, exchange):
        with self._lock:
            first_seen = self._first_seen.setdefault(exchange.access_key, time.monotonic())
        if time.monotonic() > first_seen + self.seconds:
            exchange.answer = Answer(400, "Bad Request", [], b"<Error><Code>ExpiredToken</Code></Error>")


@dataclass
class Spoil(Fault):
    """Changes the answer: `change` is given the Answer."""

    change: object = None

    def after(self, exchange):
        self.change(exchange.answer)


@dataclass
class Damage(Fault):
    """One byte of the object's, wherever an answer has it."""

    offset: int = 0

    def after(self, exchange):
        answer = exchange.answer
        first, _ = exchange.range or (0, None)
        if exchange.covers(self.offset) and self.offset - first < len(answer.body):
            answer.body = flipped(answer.body, self.offset - first)


def flipped(body, offset):
    """With one bit of one byte changed."""
    return body[:offset] + bytes([body[offset] ^ 0x40]) + body[offset + 1 :]


@dataclass
class Act(Fault):
    """Something happens in the bucket before the server is asked: `act` is given the number of the request."""

    act: object = None

    def before(self, exchange):
        self.act(exchange.number)


@dataclass
class Outage(Fault):
    """Every connection is dropped for some seconds, from the first request met on."""

    seconds: float = 0.0
    _until: float = field(default=0.0, init=False)

    def before(self, exchange):
        with self._lock:
            if not self._until:
                self._until = time.monotonic() + self.seconds
            exchange.hang_up = time.monotonic() < self._until

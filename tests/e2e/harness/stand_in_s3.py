"""A stand-in for S3 with one bucket in memory, for what MinIO cannot do: archive classes, dates, keys that are not
UTF-8, listings with overlapping pages, changes at an exact moment. It takes any signature. Ordinary tests use MinIO.
"""

import base64
import datetime
import functools
import hashlib
import urllib.parse
import zlib
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from . import secrets
from .faults import Answer
from .faulty_server import FaultyServer

BUCKET = "stand-in"
REGION = "us-east-1"
ACCESS_KEY = "STANDINACCESSKEY"
SECRET_KEY = "the secret key of the stand-in"
MOST_LISTED = 1000

RESTORED_UNTIL = datetime.datetime(2040, 12, 21, tzinfo=datetime.timezone.utc)
ASYNC_CLASSES = ("GLACIER", "DEEP_ARCHIVE")


def environment():
    """What a plugin needs to be let in."""
    secret = secrets.register(SECRET_KEY, "the secret key of the stand-in S3")
    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": secret}


def now():
    """As S3 dates objects: in whole seconds."""
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


@dataclass
class Stored:
    """One object. An archived one of INTELLIGENT_TIERING looks in listings like one that can be read."""

    body: bytes
    modified: datetime.datetime = field(default_factory=now)
    storage_class: str = "STANDARD"
    archived: bool = False
    checksum: bytes | None = None  # CRC-32 of the whole object, as S3 was told or found when it was stored

    @functools.cached_property
    def etag(self):
        return f'"{hashlib.md5(self.body).hexdigest()}"'

    @property
    def is_restored(self):
        return self.storage_class in ASYNC_CLASSES and not self.archived


def crc32(body):
    return zlib.crc32(body).to_bytes(4, "big")


class StandInS3(FaultyServer):
    """Use as a context. `objects`: key -> bytes or Stored; may change while it runs. The bytes of a key that are not
    UTF-8 are surrogates (PEP 383). A page of a listing has `page_keys` entries, of which the first `overlap` end
    the page before."""

    region = REGION

    def __init__(self, objects=None, *faults, page_keys=MOST_LISTED, overlap=0, checks_if_match=True):
        assert overlap < page_keys
        self.objects = {}
        self.page_keys = page_keys
        self.overlap = overlap
        self.checks_if_match = checks_if_match
        self.put(objects or {})
        super().__init__(*faults)

    def put(self, objects):
        self.objects.update(
            {key: each if isinstance(each, Stored) else Stored(each) for key, each in objects.items()}
        )

    def remove(self, key):
        self.objects.pop(key, None)

    def environment(self):
        return environment()

    def spec(self, **more):
        """The source's spec for the bucket."""
        return {"bucket": BUCKET, "region": REGION, "endpoint": self.endpoint, "path_style": True, **more}

    def ask(self, request, exchange):
        if exchange.bucket != BUCKET:
            return error(404, "NoSuchBucket")
        if exchange.is_list:
            restore = "RestoreStatus" in exchange.headers.get("x-amz-optional-object-attributes", "")
            return self._list(exchange.query, restore)
        found = self.objects.get(exchange.key)
        if found is None:
            return error(404, "NoSuchKey")
        return self._read(found, exchange)

    def _read(self, found, exchange):
        wanted = exchange.headers.get("if-match")
        if self.checks_if_match and wanted not in (None, found.etag):
            return error(412, "PreconditionFailed")
        if found.archived and exchange.method == "GET":
            tier = "<AccessTier>ARCHIVE_ACCESS</AccessTier>" if found.storage_class not in ASYNC_CLASSES else ""
            return error(403, "InvalidObjectState", f"<StorageClass>{found.storage_class}</StorageClass>{tier}")
        headers = headers_of(found)
        size = len(found.body)
        first, last = exchange.range or (0, None)
        last = size - 1 if last is None else min(last, size - 1)
        if exchange.range and first >= size:
            return error(416, "InvalidRange")
        # S3 has no checksum for a part of an object.
        is_whole = last - first + 1 == size
        if found.checksum and is_whole and exchange.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
            headers += [("x-amz-checksum-crc32", base64.b64encode(found.checksum).decode()),
                        ("x-amz-checksum-type", "FULL_OBJECT")]  # fmt: skip
        if not exchange.range:
            return Answer(200, "OK", headers, found.body)
        headers.append(("Content-Range", f"bytes {first}-{last}/{size}"))
        return Answer(206, "Partial Content", headers, found.body[first : last + 1])

    def _list(self, query, restore):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = as_bytes(query.get("start-after", ""))
        names = {}
        for key in sorted(list(self.objects), key=as_bytes):  # noqa: C414, other threads add keys
            if key.startswith(prefix) and as_bytes(key) > after:
                end = key.find(delimiter, len(prefix)) if delimiter else -1
                names.setdefault(key if end < 0 else key[: end + 1], end >= 0)
        names = list(names.items())
        # A token is the name that ends its page, in letters that XML leaves alone.
        token = bytes.fromhex(query.get("continuation-token", ""))
        begin = sum(as_bytes(name) <= token for name, _ in names) if token else 0
        begin = max(0, begin - self.overlap) if token else 0
        most = min(int(query.get("max-keys", MOST_LISTED)), self.page_keys)
        page = names[begin : begin + most]
        is_cut = begin + most < len(names)
        parts = [f"<Name>{BUCKET}</Name><EncodingType>url</EncodingType><KeyCount>{len(page)}</KeyCount>",
                 f"<MaxKeys>{most}</MaxKeys><IsTruncated>{str(is_cut).lower()}</IsTruncated>"]  # fmt: skip
        if is_cut:
            parts.append(f"<NextContinuationToken>{as_bytes(page[-1][0]).hex()}</NextContinuationToken>")
        for name, is_prefix in page:
            found = None if is_prefix else self.objects.get(name)
            if is_prefix:
                parts.append(f"<CommonPrefixes><Prefix>{as_url(name)}</Prefix></CommonPrefixes>")
            elif found:
                parts.append(listed(name, found, restore))
        body = f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>{"".join(parts)}</ListBucketResult>'
        return Answer(200, "OK", [("Content-Type", "application/xml")], body.encode())


def headers_of(found):
    headers = [
        ("ETag", found.etag),
        ("Accept-Ranges", "bytes"),
        ("Last-Modified", found.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    ]
    if found.storage_class != "STANDARD":
        headers.append(("x-amz-storage-class", found.storage_class))
    if found.is_restored:
        expiry = RESTORED_UNTIL.strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers.append(("x-amz-restore", f'ongoing-request="false", expiry-date="{expiry}"'))
    return headers


def listed(key, found, restore):
    checksum = "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    status = (
        "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
        f"<RestoreExpiryDate>{RESTORED_UNTIL:%Y-%m-%dT%H:%M:%S}.000Z</RestoreExpiryDate></RestoreStatus>"
    )
    return (
        f"<Contents><Key>{as_url(key)}</Key><LastModified>{found.modified:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
        f"<ETag>{escape(found.etag, {chr(34): '&quot;'})}</ETag>{checksum if found.checksum else ''}"
        f"<Size>{len(found.body)}</Size><StorageClass>{found.storage_class}</StorageClass>"
        f"{status if restore and found.is_restored else ''}</Contents>"
    )


def error(status, code, more=""):
    body = f"<Error><Code>{code}</Code><Message>as S3 says it</Message>{more}</Error>"
    return Answer(status, code, [("Content-Type", "application/xml")], body.encode())


def as_bytes(key):
    return key.encode("utf-8", "surrogateescape")


def as_url(key):
    return urllib.parse.quote(as_bytes(key), safe="/")

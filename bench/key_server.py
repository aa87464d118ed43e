"""A stand-in for S3 that has many keys and answers listings at once: what a real server takes to list is not what is
measured. All keys but one belong to tables of a hundred folders; "one/x.parquet" has content.

It is a process of its own. It knows of ListObjectsV2 what the plugin sends, and ranged GETs of the one object.
"""

import asyncio
import bisect
import hashlib
import io
import subprocess
import sys
import urllib.parse

import pyarrow as pa
import pyarrow.parquet as pq

FOLDERS = 100
THE_KEY = "one/x.parquet"


class KeyServer:
    """Use as a context."""

    def __init__(self, keys):
        self._keys = keys

    def __enter__(self):
        self._process = subprocess.Popen([sys.executable, __file__, str(self._keys)], stdout=subprocess.PIPE)
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def environment(self):
        """Any credentials do."""
        return {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def content():
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": [1]}), sink)
    return sink.getvalue()


class Bucket:
    def __init__(self, count):
        self.content = content()
        sizes = {THE_KEY: len(self.content)}
        for i in range(count - 1):
            sizes[f"folder={i % FOLDERS:03}/part-{i:08}-c000.snappy.parquet"] = 1_000_000 + i
        self.keys = sorted(sizes)
        self.entries = [self.entry(key, sizes[key]) for key in self.keys]

    def entry(self, key, size):
        etag = hashlib.md5(key.encode()).hexdigest()
        return (f"<Contents><Key>{urllib.parse.quote(key)}</Key><LastModified>2024-05-06T07:08:09.000Z</LastModified>"
                f"<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>")

    def page(self, query):
        prefix = query.get("prefix", "")
        after = query.get("start-after", "")
        first = int(query.get("continuation-token") or max(bisect.bisect_right(self.keys, after),
                                                           bisect.bisect_left(self.keys, prefix)))
        end = bisect.bisect_left(self.keys, prefix + "\U0010ffff") if prefix else len(self.keys)
        most = int(query["max-keys"])
        if query.get("delimiter"):
            return self.answer(self.folders(first, end, prefix), None)
        last = min(first + most, end)
        return self.answer(self.entries[first:last], last if last < end else None)

    def folders(self, first, end, prefix):
        while first < end:
            cut = self.keys[first].find("/", len(prefix)) + 1
            if cut == 0:
                yield self.entries[first]
                first += 1
                continue
            folder = self.keys[first][:cut]
            yield f"<CommonPrefixes><Prefix>{urllib.parse.quote(folder)}</Prefix></CommonPrefixes>"
            first = bisect.bisect_left(self.keys, folder + "\U0010ffff")

    def answer(self, entries, token):
        more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
        return (f"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{str(bool(token)).lower()}"
                f"</IsTruncated>{more}{''.join(entries)}</ListBucketResult>").encode()  # fmt: skip

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                target = head.split(" ", 2)[1]
                url = urllib.parse.urlsplit(target)
                if "list-type=2" in url.query:
                    body = self.page(dict(urllib.parse.parse_qsl(url.query)))
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                else:
                    self.get(head, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    def get(self, head, writer):
        """The one object, whole or in part."""
        asked = next((line for line in head.lower().split("\r\n") if line.startswith("range: bytes=")), None)
        if asked is None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.content) + self.content)
            return
        first, last = (int(n) for n in asked.removeprefix("range: bytes=").split("-"))
        part = self.content[first : last + 1]
        writer.write(b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"
                     % (len(part), first, last, len(self.content)) + part)  # fmt: skip


async def main(keys):
    bucket = Bucket(keys)
    server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

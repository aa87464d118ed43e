"""Makes a store on this machine look far away, and counts what is asked of it.

A TCP proxy in a process of its own: each request waits before it is passed on, each connection's answers pass
at a limited rate. It reads request lines (S3 reads have no bodies) and passes everything else as it is.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.parse

READ_BYTES = 256 * 1024


class FarStore:
    """Use as a context. latency_s: wait before each answer; bytes_per_s: rate of a connection, 0 for no limit."""

    def __init__(self, endpoint, latency_s=0.0, bytes_per_s=0):
        address = urllib.parse.urlsplit(endpoint)
        self._arguments = [address.hostname, str(address.port), str(latency_s), str(bytes_per_s)]

    def __enter__(self):
        self._process = subprocess.Popen([sys.executable, __file__, *self._arguments], stdout=subprocess.PIPE)
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def counts(self):
        """Since the last call: {"list": requests, "get": requests, "other": requests, "bytes": sent to the client}."""
        self._process.send_signal(signal.SIGUSR1)
        return json.loads(self._process.stdout.readline())

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


class Proxy:
    def __init__(self, host, port, latency_s, bytes_per_s):
        self.server = (host, port)
        self.latency_s = latency_s
        self.bytes_per_s = bytes_per_s
        self.reset()

    def reset(self):
        self.counted = {"list": 0, "get": 0, "other": 0, "bytes": 0}

    def report(self):
        print(json.dumps(self.counted), flush=True)
        self.reset()

    async def serve(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_connection(*self.server, limit=READ_BYTES)
            answers = asyncio.create_task(self.pass_answers(server_reader, writer))
            await self.pass_requests(reader, server_writer)
            server_writer.close()
            await answers
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def pass_requests(self, reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            line = head.split(b"\r\n", 1)[0]
            kind = "other" if not line.startswith(b"GET ") else "list" if b"list-type=2" in line else "get"
            self.counted[kind] += 1
            await asyncio.sleep(self.latency_s)
            writer.write(head)

    async def pass_answers(self, reader, writer):
        clock = asyncio.get_running_loop().time
        free_at = clock()
        while data := await reader.read(READ_BYTES):
            self.counted["bytes"] += len(data)
            writer.write(data)
            await writer.drain()
            if self.bytes_per_s:
                free_at = max(free_at, clock()) + len(data) / self.bytes_per_s
                await asyncio.sleep(free_at - clock())


async def main(host, port, latency_s, bytes_per_s):
    proxy = Proxy(host, int(port), float(latency_s), float(bytes_per_s))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=READ_BYTES)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, proxy.report)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

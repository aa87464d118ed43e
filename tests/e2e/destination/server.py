"""Serves the destination as the CloudQuery CLI expects it of a local plugin.

The CLI waits five seconds for a plugin to listen. Loading the SDK, pyarrow and DuckDB can take longer on
a busy machine, so the server listens first and loads them when the first call comes.
"""

import argparse
import functools
import os
import signal
import sys
import threading
import time
from concurrent import futures

import grpc

# The CLI sends messages of up to this size.
MAX_MESSAGE_BYTES = 200 << 20


class LazyHandlers(grpc.GenericRpcHandler):
    """Finds the handler of a method, for which it makes the plugin at the first call."""

    def __init__(self):
        self._lock = threading.Lock()

    def service(self, handler_call_details):
        with self._lock:
            return self._handlers.get(handler_call_details.method)

    @functools.cached_property
    def _handlers(self):
        from .plugin import handlers

        return handlers()


def make_server():
    limits = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=10),
        options=[(limit, MAX_MESSAGE_BYTES) for limit in limits],
    )
    server.add_generic_rpc_handlers((LazyHandlers(),))
    return server


def end_with(parent):
    """A CLI that is killed tells nobody; the file would stay locked."""
    while os.getppid() == parent:
        time.sleep(0.05)
    os._exit(1)


def main():
    parser = argparse.ArgumentParser(prog="duckdb-destination")
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--network", choices=["tcp", "unix"], default="tcp")
    parser.add_argument("--address", default="localhost:7777")
    # What the CLI says about logging and telemetry makes no difference here.
    options, _ = parser.parse_known_args()

    server = make_server()
    prefix = "unix:" if options.network == "unix" else ""
    if server.add_insecure_port(prefix + options.address) == 0:
        sys.exit(f"cannot listen on {options.address}")
    server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    server.wait_for_termination()

"""A MinIO server as a child process on a free port of the loopback interface."""

import json
import secrets as random
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

from . import paths, secrets

START_ATTEMPTS = 3
START_SECONDS = 30
REGION = "us-east-1"


class Minio:
    """A running server; `stop` ends it. The keys are made up anew for each one.

    `certificate` (harness/certificates.py) makes it speak TLS. Below `domains` it takes buckets as part of host names.
    `settings` are more of its variables.
    """

    def __init__(self, folder, region=REGION, certificate=None, domains=(), settings=None):
        self.access_key = secrets.register(random.token_hex(8), "an access key of MinIO")
        self.secret_key = secrets.register(random.token_hex(16), "a secret key of MinIO")
        self.region = region
        self.certificate = certificate
        self._domains = domains
        self._settings = settings or {}
        self._folder = folder
        if certificate:
            certs = folder / "certs"
            certs.mkdir(parents=True)
            shutil.copy(certificate.certificate, certs / "public.crt")
            shutil.copy(certificate.key, certs / "private.key")
        self._process = None
        for _ in range(START_ATTEMPTS):
            if self._start():
                return
            self.stop()
        raise RuntimeError(f"MinIO does not start; see {self._folder / 'minio.log'}")

    def _start(self):
        """False if the port was taken meanwhile, or the server does not answer."""
        self.port = free_port()
        self.endpoint = f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        with open(self._folder / "minio.log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    paths.require(paths.MINIO), "server", str(data),
                    "--address", f"127.0.0.1:{self.port}",
                    "--console-address", f"127.0.0.1:{free_port()}",
                    "--certs-dir", str(self._folder / "certs"),
                ],
                env={
                    "HOME": str(self._folder),
                    "MINIO_ROOT_USER": self.access_key,
                    "MINIO_ROOT_PASSWORD": self.secret_key,
                    "MINIO_BROWSER": "off",
                    "MINIO_UPDATE": "off",
                    # Unset, it accepts signatures for any region.
                    "MINIO_REGION": self.region,
                    "MINIO_DOMAIN": ",".join(self._domains),
                    **self._settings,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self._answers()

    def _answers(self):
        deadline = time.monotonic() + START_SECONDS
        trust = ssl.create_default_context(cafile=self.certificate and str(self.certificate.ca))
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with direct.open(f"{self.endpoint}/minio/health/cluster", timeout=1):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return False

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            verify=self.certificate and str(self.certificate.ca),
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(s3={"addressing_style": "path"}, proxies={}, max_pool_connections=32),
        )

    def environment(self):
        """What a plugin needs to be let in."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def restricted(self, *statements):
        """The environment of a user who may do only what an IAM policy of these statements allows."""
        sts = boto3.client(
            "sts", endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key, config=Config(proxies={}),
        )  # fmt: skip
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        keys = sts.assume_role(
            RoleArn="arn:minio:iam:::role/any", RoleSessionName="test", Policy=json.dumps(policy)
        )["Credentials"]
        for part in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
            secrets.register(keys[part], f"a temporary {part}")
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def temporary(self):
        """The environment of a user who may read everything, for an hour."""
        return self.restricted({"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]})

    def who_may_do_nothing(self):
        return self.restricted({"Effect": "Deny", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]})

    def who_may_not_read(self, bucket, key):
        return self.restricted(
            {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]},
            {"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{bucket}/{key}"]},
        )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

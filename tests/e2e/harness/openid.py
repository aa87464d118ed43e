"""An OpenID provider on the loopback interface, as MinIO's STS asks one whether a token is to be trusted."""

import base64
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import secrets
from .web_server import WebServer

CLIENT = "the-client"
KEY_ID = "the-key"


class OpenIdProvider(WebServer):
    """Its tokens are let in as who may read and write."""

    def __init__(self):
        super().__init__(self._answer)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def minio_settings(self):
        return {
            "MINIO_IDENTITY_OPENID_CONFIG_URL": f"{self.endpoint}/.well-known/openid-configuration",
            "MINIO_IDENTITY_OPENID_CLIENT_ID": CLIENT,
        }

    def token(self, seconds=3600):
        """A JSON Web Token that is valid so long from now on."""
        now = int(time.time())
        claims = {"iss": self.endpoint, "sub": "somebody", "aud": CLIENT, "iat": now, "exp": now + seconds,
                  "policy": "readwrite"}  # fmt: skip
        header = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return secrets.register(f"{signed}.{encoded(signature)}", "a web identity token")

    def _answer(self, _method, path, _headers):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.endpoint, "jwks_uri": f"{self.endpoint}/keys",
                    "authorization_endpoint": f"{self.endpoint}/authorize", "token_endpoint": f"{self.endpoint}/token",
                    "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"]}  # fmt: skip
        if path == "/keys":
            public = self._key.public_key().public_numbers()
            return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID,
                              "n": encoded_number(public.n), "e": encoded_number(public.e)}]}  # fmt: skip
        return None


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def encoded_number(number):
    return encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))

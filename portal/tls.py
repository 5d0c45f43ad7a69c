"""Whether a certificate and its key can serve: they fit together, and until when and for which names they are good.

Python has no public way to read a certificate that is not trusted, so a handshake is made in memory, between a server
that uses the two and a client that trusts the certificate itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portal.config import ConfigError

_STEPS = 8
"""A handshake in memory takes four; more would mean that it does not end."""
_EXPIRED, _NOT_YET = 10, 9
"""X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Until when, and for which host names and addresses."""

    until: datetime
    names: tuple[str, ...]

    def days_left(self, now: datetime) -> int:
        """Whole days; below zero when it is over."""
        return (self.until - now).days


def check(certificate: Path, key: Path) -> Certificate:
    """Read both. Raises ConfigError, which says in plain words what is wrong with them."""
    server = _server(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    try:
        found = _handshake(server, client)
    except ssl.SSLCertVerificationError as error:
        raise _refusal(certificate, error) from error
    names = tuple(str(name) for _kind, name in found.get("subjectAltName", ()))
    return Certificate(datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), UTC), names)


def _server(certificate: Path, key: Path) -> ssl.SSLContext:
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"读不到 {path}：{error.strerror}。请检查路径和权限。\n"
                f"Cannot read {path}: check the path and its permissions."
            ) from error
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError(
                f"证书 {certificate} 与私钥 {key} 不是一对。请换成签发这张证书时用的私钥。\n"
                "The certificate and the key do not belong together: use the key the certificate was made for."
            ) from error
        raise ConfigError(
            f"{certificate} 或 {key} 不是 PEM 格式的证书或私钥。\nThe certificate or the key is not in PEM form."
        ) from error
    return server


def _no_password() -> str:
    raise ConfigError(
        "私钥带有密码，服务无法自行启动。请用 openssl pkey -in 旧私钥 -out 新私钥 去掉密码，并把文件权限设为 600。\n"
        "The key has a password, so the server could not start by itself. Take it off: openssl pkey -in OLD -out NEW"
    )


def _refusal(certificate: Path, error: ssl.SSLCertVerificationError) -> ConfigError:
    if error.verify_code == _EXPIRED:
        return ConfigError(
            f"证书 {certificate} 已过期，浏览器会拒绝。请重新签发后再启动。\n"
            "The certificate has expired: browsers refuse it. Make a new one."
        )
    if error.verify_code == _NOT_YET:
        return ConfigError(
            f"证书 {certificate} 尚未生效，请检查服务器时间。\nThe certificate is not valid yet: check the clock."
        )
    return ConfigError(f"证书 {certificate} 不能使用 cannot be used: {error.verify_message}")


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> Mapping[str, Any]:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for step in range(_STEPS):
        side = answering if step % 2 else asking
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        if side is asking:
            break
    return asking.getpeercert() or {}

"""The softphones' way to Asterisk: its WebSocket, and the certificate with which it serves it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from agent_gateway.doctor.service import loopback
from config.settings import Settings, SoftphoneSettings

NAME = "softphone"
ANSWER_S = 3.0
RENEW_BEFORE = timedelta(days=14)
# RFC 6455 clause 4.1 and RFC 7118 clause 4: any sixteen bytes do for the key
HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: sip\r\n\r\n"
)


def check_softphone(settings: Settings) -> Iterator[Finding]:
    """Whether a browser can become a telephone."""
    softphone = settings.softphone
    if not softphone.enabled:
        yield ok(NAME, "switched off (softphone.enabled)")
        return
    if not (settings.softphone_dir / "jssip.js").is_file():
        yield warn(
            NAME, f"its SIP library is not in {settings.softphone_dir}", "make install (needs npm)"
        )
    place = f"{softphone.host}:{softphone.port}"
    try:
        expires = _handshake(softphone)
    except ssl.SSLCertVerificationError as error:
        yield fail(
            NAME,
            f"{place} does not serve {softphone.certificate}: {error.verify_message}",
            "renew the certificate, then restart Asterisk while there are no calls",
        )
    except OSError as error:
        yield fail(
            NAME,
            f"Asterisk's WebSocket {place} does not answer: {error}",
            "hotline run; a change of softphone.* takes effect at Asterisk's next start",
        )
    else:
        if expires and expires < datetime.now(UTC) + RENEW_BEFORE:
            yield warn(
                NAME,
                f"the certificate {softphone.certificate} ends on {expires:%Y-%m-%d}",
                "renew it, then restart Asterisk while there are no calls",
            )
        else:
            until = f", certificate until {expires:%Y-%m-%d}" if expires else ""
            yield ok(NAME, f"{place} answers, browsers are sent to {softphone.address}{until}")


def _handshake(softphone: SoftphoneSettings) -> datetime | None:
    """Open a WebSocket for SIP; when the certificate ends, None without one.

    Raises:
        ssl.SSLCertVerificationError: it is over, or another one is served.
        OSError: no answer, or not that of a WebSocket for SIP.
    """
    address = loopback(softphone.host), softphone.port
    with socket.create_connection(address, timeout=ANSWER_S) as plain:
        if softphone.certificate is None:
            _upgrade(plain, softphone.host)
            return None
        context = ssl.create_default_context(cafile=str(softphone.certificate))
        # whether browsers trust it is theirs to say; here: it is this one, and in force
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        with context.wrap_socket(plain) as wrapped:
            _upgrade(wrapped, softphone.host)
            ends = str((wrapped.getpeercert() or {})["notAfter"])
            return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)


def _upgrade(line: socket.socket, host: str) -> None:
    line.sendall(HANDSHAKE.format(host=host).encode())
    answer = line.recv(4096).decode("latin-1")
    if " 101 " not in answer.partition("\r\n")[0] or "sip" not in answer.lower():
        raise ConnectionError(f"it says {answer.partition(chr(13))[0][:80]!r}")

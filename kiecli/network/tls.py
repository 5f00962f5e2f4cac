"""The TLS context, with the certificates that the environment names, and TLS over a connection."""

import os
import socket
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kiecli.errors import ConfigError, system_reason

if TYPE_CHECKING:
    from kiecli.network.tunnel import AnySocket, TunnelSocket


def create_ssl_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context with the certificates of SSL_CERT_FILE and SSL_CERT_DIR, else certifi's.

    It takes some 20 ms, so it is made once, and only where something is encrypted.

    Raises:
        ConfigError: They cannot be used, or SSLKEYLOGFILE cannot be written.
    """
    file = environ.get("SSL_CERT_FILE") or None
    folders = _existing_folders(environ.get("SSL_CERT_DIR", ""))
    if file is None and not folders:
        import certifi

        file = certifi.where()
    _check_key_log(environ.get("SSLKEYLOGFILE", ""))
    try:
        context = ssl.create_default_context(cafile=file, capath=folders[0] if folders else None)
        for folder in folders[1:]:
            context.load_verify_locations(capath=folder)
    except OSError as error:
        # OpenSSL's own words are for those who program it.
        is_read = isinstance(error, ssl.SSLError)
        reason = "it contains no certificates" if is_read else system_reason(error)
        raise ConfigError(
            f"the certificates of SSL_CERT_FILE ({file}) cannot be read: {reason}",
            hint="unset SSL_CERT_FILE or point it to a PEM file",
        ) from error
    # A server that could speak HTTP/2 too must not: we do not.
    context.set_alpn_protocols(["http/1.1"])
    return context


def _existing_folders(setting: str) -> list[str]:
    """Return the folders of a list that are there, all of which OpenSSL looks into."""
    named = [folder for folder in setting.split(os.pathsep) if folder]
    folders = [folder for folder in named if os.path.isdir(folder)]  # noqa: PTH112  an import
    # OpenSSL says nothing of a folder that is not there, and later refuses every certificate.
    if named and not folders:
        raise ConfigError(
            f"the certificates of SSL_CERT_DIR ({setting}) cannot be read: no such folder",
            hint="unset SSL_CERT_DIR or point it to a folder of PEM files",
        )
    return folders


def _check_key_log(path: str) -> None:
    """Open the file that Python has TLS secrets written to, as it will do by itself."""
    if not path:
        return
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError as error:
        raise ConfigError(
            f"the file of SSLKEYLOGFILE ({path}) cannot be written: {system_reason(error)}",
            hint="unset SSLKEYLOGFILE or point it to a file that can be written",
        ) from error


def wrap_socket(
    source: "AnySocket", context: ssl.SSLContext, hostname: str | None
) -> "ssl.SSLSocket | TunnelSocket":
    """Return TLS over a connected socket, which may speak TLS already; the handshake is to come."""
    if isinstance(source, ssl.SSLSocket):
        from kiecli.network.tunnel import TunnelSocket

        return TunnelSocket(source, context, hostname)
    assert isinstance(source, socket.socket)  # nobody tunnels through a tunnel
    return context.wrap_socket(source, server_hostname=hostname, do_handshake_on_connect=False)

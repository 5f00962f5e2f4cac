"""The TLS context, with the certificates that the environment names."""

import os.path
import ssl
from collections.abc import Mapping

from kiecli.errors import ConfigError


def create_ssl_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context with the certificates of SSL_CERT_FILE and SSL_CERT_DIR, else certifi's.

    Raises:
        ConfigError: They cannot be used.
    """
    file = environ.get("SSL_CERT_FILE") or None
    folder = environ.get("SSL_CERT_DIR") or None
    if file is None and folder is None:
        import certifi

        file = certifi.where()
    _check(folder)
    try:
        context = ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        # OpenSSL's own words are for those who program it.
        is_read = isinstance(error, ssl.SSLError)
        reason = "no certificate stands in it" if is_read else error.strerror
        raise ConfigError(
            f"the certificates of SSL_CERT_FILE ({file}) cannot be read: {reason}",
            hint="unset SSL_CERT_FILE or point it to a PEM file",
        ) from error
    # A server that could speak HTTP/2 too must not: we do not.
    context.set_alpn_protocols(["http/1.1"])
    return context


def _check(folder: str | None) -> None:
    # OpenSSL says nothing of a folder that is not there, and later refuses every certificate.
    if folder is not None and not os.path.isdir(folder):  # noqa: PTH112  pathlib is an import
        raise ConfigError(
            f"the certificates of SSL_CERT_DIR ({folder}) cannot be read: no such folder",
            hint="unset SSL_CERT_DIR or point it to a folder of PEM files",
        )

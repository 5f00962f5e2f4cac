"""The TLS context, and certificate settings that cannot be used."""

import os
import ssl
from pathlib import Path

import certifi
import pytest

from kiecli.errors import ConfigError
from kiecli.network.tls import create_ssl_context


def _one_certificate(path: Path) -> Path:
    roots = Path(certifi.where()).read_text()
    end = "-----END CERTIFICATE-----"
    path.write_text(roots[: roots.index(end) + len(end)] + "\n")
    return path


def _error(environ: dict[str, str]) -> tuple[str, str]:
    with pytest.raises(ConfigError) as refusal:
        create_ssl_context(environ)
    assert "\n" not in refusal.value.message
    return refusal.value.message, refusal.value.hint


@pytest.mark.parametrize("environ", [{}, {"SSL_CERT_FILE": ""}, {"SSL_CERT_DIR": ""}])
def test_names_and_certificates_are_checked(environ: dict[str, str]) -> None:
    context = create_ssl_context(environ)
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert context.cert_store_stats()["x509_ca"] > 50


def test_certificates_come_from_the_file_that_the_environment_names(tmp_path: Path) -> None:
    one = _one_certificate(tmp_path / "one.pem")
    context = create_ssl_context({"SSL_CERT_FILE": str(one)})
    assert context.cert_store_stats()["x509"] == 1


def test_folders_are_a_list_of_which_one_must_be_there(tmp_path: Path) -> None:
    """OpenSSL reads them as they are needed; that it does, is tested over a real connection."""
    places = [tmp_path / "gone", tmp_path, tmp_path]
    setting = os.pathsep.join(map(str, places))
    assert create_ssl_context({"SSL_CERT_DIR": setting}).cert_store_stats()["x509"] == 0


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    assert _error({"SSL_CERT_FILE": str(gone)}) == (
        f"the certificates of SSL_CERT_FILE ({gone}) cannot be read: no such file or directory",
        "unset SSL_CERT_FILE or point it to a PEM file",
    )


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_certificate_file_without_certificates_is_named(tmp_path: Path, content: str) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text(content)
    assert _error({"SSL_CERT_FILE": str(broken)}) == (
        f"the certificates of SSL_CERT_FILE ({broken}) cannot be read: it contains no certificates",
        "unset SSL_CERT_FILE or point it to a PEM file",
    )


def test_missing_certificate_folders_are_named(tmp_path: Path) -> None:
    setting = os.pathsep.join([str(tmp_path / "gone"), str(tmp_path / "too")])
    assert _error({"SSL_CERT_DIR": setting}) == (
        f"the certificates of SSL_CERT_DIR ({setting}) cannot be read: no such folder",
        "unset SSL_CERT_DIR or point it to a folder of PEM files",
    )


def test_a_key_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    place = tmp_path / "gone" / "keys.log"
    assert _error({"SSLKEYLOGFILE": str(place)}) == (
        f"the file of SSLKEYLOGFILE ({place}) cannot be written: no such file or directory",
        "unset SSLKEYLOGFILE or point it to a file that can be written",
    )


def test_a_key_log_that_can_be_written_keeps_what_it_holds(tmp_path: Path) -> None:
    place = tmp_path / "keys.log"
    place.write_text("before\n")
    create_ssl_context({"SSLKEYLOGFILE": str(place)})
    assert place.read_text() == "before\n"

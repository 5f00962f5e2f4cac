"""The way to a server: proxies, certificates and what is told of an exchange."""

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiecli.errors import ConfigError
from kiecli.transport import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    USER_AGENT,
    ClientFactory,
    Exchange,
    _ProxyRouter,
    host_of,
)
from tests.support.fakes import FakeClock

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class _Recorder(BaseHTTPRequestHandler):
    """Answers every request with the target it was asked for, as a proxy or as a server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.command} {self.path} {self.headers.get('Cookie')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=1; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_error(502)

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def _recorder() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Recorder) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _address(server: ThreadingHTTPServer) -> str:
    return f"127.0.0.1:{server.server_port}"


def test_a_client_is_in_a_hurry_says_who_it_is_and_follows_nothing() -> None:
    with ClientFactory({}).client() as client:
        assert client.timeout == httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
        assert client.follow_redirects is False
        assert client.headers["User-Agent"] == USER_AGENT
        assert client.headers["Accept-Encoding"] == "identity"
        assert "Authorization" not in client.headers


def test_a_server_is_asked_directly_and_its_cookies_are_forgotten() -> None:
    with _recorder() as server, ClientFactory({}).client() as client:
        url = f"http://{_address(server)}/x"
        assert [client.get(url).text, client.get(url).text] == ["GET /x None"] * 2


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_of_the_environment_is_used(
    variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _recorder() as proxy:
        monkeypatch.setenv(variable, f"{scheme}{_address(proxy)}")
        with ClientFactory({}).client() as client:
            assert client.get("http://kie.test/x").text == "GET http://kie.test/x None"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_its_proxy_in_a_tunnel(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _recorder() as proxy:
        monkeypatch.setenv(variable, f"http://{_address(proxy)}")
        with ClientFactory({}).client() as client, pytest.raises(httpx.ProxyError):
            client.get("https://kie.test/x")
        assert proxy.asked == ["kie.test:443"]  # type: ignore[attr-defined]


def test_the_proxy_of_a_scheme_comes_before_the_one_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _recorder() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{_address(proxy)}")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        with ClientFactory({}).client() as client:
            assert client.get("http://kie.test/x").status_code == 200


@pytest.mark.parametrize("exempt", ["127.0.0.1:{port}", "*", "other.test,127.0.0.1", ".0.0.1"])
def test_a_loopback_server_is_never_asked_through_a_proxy(
    exempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with _recorder() as server, ClientFactory({}).client() as client:
        assert client.get(f"http://{_address(server)}/x").text == "GET /x None"
        monkeypatch.setenv("NO_PROXY", exempt.format(port=server.server_port))
        assert client.get(f"http://{_address(server)}/x").text == "GET /x None"


@pytest.mark.parametrize(
    ("exempt", "through_proxy"),
    [("kie.test", False), (".kie.test", False), ("kie.test:81", False), ("*", False),
     ("kie.test:82", True), ("other.test", True), ("", True)],
)  # fmt: skip
def test_no_proxy_is_obeyed(
    exempt: str, through_proxy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", exempt)
    routes = _ProxyRouter(ClientFactory({}).context)
    proxy = routes._proxy_for(httpx.URL("http://api.kie.test:81/x"))
    assert proxy == ("http://proxy.test:3128" if through_proxy else None)


@pytest.mark.parametrize(
    "address",
    [
        "socks5://127.0.0.1:1080",
        "ftp://proxy.test",
        "http://proxy.test:port",
        "http://",
        "http://[",
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used_is_a_setting_to_mend(
    variable: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, address)
    with pytest.raises(ConfigError) as refusal:
        ClientFactory({}).check("https://api.kie.test")
    assert (refusal.value.message, refusal.value.hint) == (
        f"the proxy in HTTPS_PROXY or ALL_PROXY ({address}) cannot be used",
        "name an http:// or https:// proxy there, or set NO_PROXY",
    )


def test_the_password_of_a_proxy_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:canary@proxy.test:1080")
    with pytest.raises(ConfigError) as refusal:
        ClientFactory({}).check("https://api.kie.test")
    assert "canary" not in refusal.value.message
    assert "proxy.test:1080" in refusal.value.message


def test_an_unusable_proxy_is_no_matter_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    for url in ("http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"):
        ClientFactory({}).check(url)


def test_a_proxy_that_speaks_tls_uses_the_same_certificates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "https://proxy.test:3128")
    client_factory = ClientFactory({})
    client_factory.check("https://api.kie.test")
    assert client_factory.context() is client_factory.context()


def test_tls_checks_names_and_certificates() -> None:
    context = ClientFactory({}).context()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert context.cert_store_stats()["x509_ca"] > 50


def test_certificates_come_from_the_file_that_the_environment_names(tmp_path: Path) -> None:
    import certifi

    roots = Path(certifi.where()).read_text()
    end = "-----END CERTIFICATE-----"
    one = tmp_path / "one.pem"
    one.write_text(roots[: roots.index(end) + len(end)] + "\n")
    assert ClientFactory({"SSL_CERT_FILE": str(one)}).context().cert_store_stats()["x509"] == 1
    folder = {"SSL_CERT_DIR": str(tmp_path)}
    assert (
        ClientFactory(folder).context().cert_store_stats()["x509"] == 0
    )  # read as they are needed


@pytest.mark.parametrize("empty", [{"SSL_CERT_FILE": ""}, {"SSL_CERT_DIR": ""}])
def test_empty_settings_count_as_unset(empty: dict[str, str]) -> None:
    assert ClientFactory(empty).context().cert_store_stats()["x509_ca"] > 50


def test_certificates_that_are_not_there_are_a_setting_to_mend(tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    with pytest.raises(ConfigError) as refusal:
        ClientFactory({"SSL_CERT_FILE": str(gone)}).check("https://api.kie.test")
    assert (refusal.value.message, refusal.value.hint) == (
        f"the certificates of SSL_CERT_FILE ({gone}) cannot be read: No such file or directory",
        "unset SSL_CERT_FILE or point it to a PEM file",
    )


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nx\n"])
def test_certificates_that_are_none_are_a_setting_to_mend(tmp_path: Path, content: str) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text(content)
    with pytest.raises(ConfigError, match=r"cannot be read") as refusal:
        ClientFactory({"SSL_CERT_FILE": str(broken)}).context()
    assert "\n" not in refusal.value.message


def test_a_folder_of_certificates_that_is_not_there_is_a_setting_to_mend(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(ConfigError) as refusal:
        ClientFactory({"SSL_CERT_DIR": str(gone)}).check("https://api.kie.test")
    assert (refusal.value.message, refusal.value.hint) == (
        f"the certificates of SSL_CERT_DIR ({gone}) cannot be read: no such folder",
        "unset SSL_CERT_DIR or point it to a folder of PEM files",
    )


def test_without_tls_no_certificate_is_read() -> None:
    ClientFactory({"SSL_CERT_FILE": "/nowhere"}).check("http://127.0.0.1:1")


def test_with_something_else_in_the_networks_place_there_is_nothing_to_check() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    ClientFactory({"SSL_CERT_FILE": "/nowhere"}, transport).check("https://api.kie.test")


def test_a_certificate_of_its_own_is_refused_in_plain_words(tmp_path: Path) -> None:
    # The environment is read by the libraries themselves here, so in a process of its own.
    code = (
        "import sys\n"
        "from kiecli.api.client import KieClient\n"
        "from kiecli.clock import SystemClock\n"
        "from kiecli.errors import KieError\n"
        "from kiecli.transport import ClientFactory\n"
        "import os\n"
        "try:\n"
        "    http = ClientFactory(os.environ).client()\n"
        "    KieClient(http, sys.argv[1], 'key', SystemClock()).task('a')\n"
        "except KieError as error:\n"
        "    print(type(error).__name__, error.temporary, error.message, sep='|')\n"
    )
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _recorder() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        run = subprocess.run(
            [sys.executable, "-c", code, f"https://localhost:{server.server_port}"],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True, check=True, text=True, timeout=30,
        )  # fmt: skip
    assert run.stdout == (
        "ConnectionFailed|False|could not ask localhost: "
        "its certificate was refused (self-signed certificate)\n"
    )


def test_exchanges_with_a_file_host_are_told_without_their_query() -> None:
    clock, told = FakeClock(), list[Exchange]()

    def answer(request: httpx.Request) -> httpx.Response:
        clock.advance(0.25)
        if request.url.path == "/gone":
            raise httpx.ReadTimeout("", request=request)
        return httpx.Response(206)

    client_factory = ClientFactory({}, httpx.MockTransport(answer))
    with client_factory.client(trace=(told.append, clock)) as client:
        client.get("https://host.test/a.png?token=canary", extensions={"task_id": "t1"})
        with pytest.raises(httpx.ReadTimeout):
            client.get("https://host.test/gone")
    assert told == [
        Exchange("GET", "host.test", "/a.png", "t1", "206 -", 250),
        Exchange("GET", "host.test", "/gone", "-", "ReadTimeout", 250),
    ]


def test_a_host_for_messages() -> None:
    assert host_of("https://Host.test:81/x") == "host.test"
    assert host_of("nonsense") == "nonsense"

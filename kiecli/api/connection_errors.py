"""What errors of the connection to Kie mean: temporary trouble, or something to change first."""

import httpx

from kiecli.api.responses import BASE_URL_HINT
from kiecli.errors import AccessError, ConfigError, ConnectionFailed, KieError
from kiecli.network.deadline import Deadline
from kiecli.network.errors import (
    PROXY_LOGIN_REQUIRED,
    certificate_hint,
    describe_error,
    is_certificate_error,
    is_login_required,
    name_of_peer,
    proxy_login_hint,
)
from kiecli.urls import host_of, server_of


def to_kie_error(error: Exception, base_url: str, deadline: Deadline) -> KieError:
    """Return kiecli's error for a request to the API that brought no response.

    Args:
        error: What httpx raised; UnicodeError for a name that no host can have.
        base_url: Where the API is.
        deadline: That of the request.
    """
    if isinstance(error, UnicodeError):
        host = host_of(base_url)
        peer = name_of_peer(host, error)
        # Raised by Python's codec for host names (idna): a label is empty or too long.
        hint = BASE_URL_HINT if peer == host else "check the proxy settings of the environment"
        return ConfigError(f"{peer} is not a valid hostname", hint=hint)
    assert isinstance(error, httpx.HTTPError | httpx.InvalidURL)
    if is_login_required(error):
        return AccessError(PROXY_LOGIN_REQUIRED, hint=proxy_login_hint())
    peer = name_of_peer(server_of(base_url), error)
    return ConnectionFailed(
        f"could not reach {peer}: {describe_error(error, deadline)}",
        hint=certificate_hint(error),
        temporary=not is_certificate_error(error),
    )

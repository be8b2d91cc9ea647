from __future__ import annotations

import pytest

from config.settings import local_url, reachable


@pytest.mark.parametrize(
    ("bound", "host", "url"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "127.0.0.1", "http://127.0.0.1:8080"),
        ("::", "::1", "http://[::1]:8080"),
        ("::1", "::1", "http://[::1]:8080"),
        ("192.0.2.7", "192.0.2.7", "http://192.0.2.7:8080"),
    ],
)
def test_given_what_a_server_is_bound_to_then_where_this_machine_reaches_it(
    bound: str, host: str, url: str
) -> None:
    assert (reachable(bound), local_url(bound, 8080)) == (host, url)

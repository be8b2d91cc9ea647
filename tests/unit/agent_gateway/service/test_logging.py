"""Numbers of persons do not get into the log."""

from __future__ import annotations

import pytest

from agent_gateway.service.logging import masked


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("from 13900005678", "from 139****5678"),
        ("sip:+8613900005678@10.0.0.1", "sip:+86139****5678@10.0.0.1"),
        ("013900005678", "0139****5678"),
        ("0931-8772182 and 02087654321", "0931-*****82 and 020*****21"),
        ("62010219900101123X", "620102********123X"),
        ("20260302000001 line 12345", "20260302000001 line 12345"),
        ("hotline-1767312000.12", "hotline-1767312000.12"),
        ("2026-03-02T09:00:00.123456Z", "2026-03-02T09:00:00.123456Z"),
    ],
)
def test_given_a_line_of_the_log_when_masked_then_numbers_of_persons_are_not_in_full(
    text: str, logged: str
) -> None:
    assert masked(text) == logged

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from config.settings import OutboundSettings
from telephony.ami import AmiAction, AmiRefused
from telephony.ami.message import AmiResponse
from telephony.outbound import PlacingError, SurveyDialler

VARIABLES = {"HL_LINE": "12328", "HL_QUEUE": "hotline", "HL_ABOUT": "hotline-1.1"}
SETTINGS = OutboundSettings(trunks=("192.0.2.1", "192.0.2.2:5070"))


class Asterisk:
    """Its dialplan has one number."""

    def __init__(self, response: str = "Success") -> None:
        self.response = response
        self.rung: list[Mapping[str, object]] = []

    async def action(
        self, fields: AmiAction, *, timeout_s: float = 10.0
    ) -> Sequence[Mapping[str, str]]:
        if fields.fields["Action"] == "ShowDialPlan":
            if fields.fields["Extension"] != "13900000001":
                raise AmiRefused("ShowDialPlan", AmiResponse([]))
            return [{"Response": "Success"}]
        self.rung.append(fields.fields)
        return [{"Response": self.response}]


async def test_given_a_citizens_number_then_it_is_rung_by_the_trunk_with_the_hotlines() -> None:
    asterisk = Asterisk()
    dialler = SurveyDialler(asterisk, SETTINGS)
    await dialler.ring("out-survey-1.1", "13900000001", 2, VARIABLES)
    (rung,) = asterisk.rung
    assert rung["Channel"] == "PJSIP/carrier-2/sip:13900000001@192.0.2.2:5070"
    assert (rung["CallerID"], rung["ChannelId"]) == ("<12345>", "out-survey-1.1")


async def test_given_a_number_that_the_dialplan_does_not_have_then_nobody_is_rung() -> None:
    asterisk = Asterisk()
    with pytest.raises(PlacingError):
        await SurveyDialler(asterisk, SETTINGS).ring("out-survey-1.1", "110", 1, VARIABLES)
    assert asterisk.rung == []


async def test_given_no_answer_then_told() -> None:
    asterisk = Asterisk("Failure")
    with pytest.raises(PlacingError):
        await SurveyDialler(asterisk, SETTINGS).ring("out-survey-1.1", "13900000001", 1, VARIABLES)

"""Notices, keys, offices and centres: what is refused, and what callers get."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.numberplan import treatment
from config.numberplan.preview import preview
from config.settings import CitySettings
from tests.unit.config.numberplan.test_plan import OTHER, SAID, load

CITY = CitySettings()
STAGE = '[[lines.12336.stages]]\nfrom = 2026-12-01\nmode = "cancelled"\n'


def merged(more: str, stage: str = "") -> str:
    return (
        OTHER.format(number="12336", mode="merged", more=f'{SAID}then = "hangup"\n') + more + stage
    )


def notice(begins: str, to: str = "") -> str:
    text = (
        f'[[lines.12336.notices]]\nfrom = {begins}\nannouncement = {{ zh = "节", en = "feast" }}\n'
    )
    return text + (f"to = {to}\n" if to else "")


def office(more: str) -> str:
    return OTHER.format(number="09311000001", mode="office", more=more)


@pytest.mark.parametrize(
    ("lines", "key", "reason"),
    [
        (merged(notice("2026-02-02", "2026-02-01")), "lines.12336.notices.0.to", "before"),
        (
            merged(notice("2026-02-01", "2026-02-05") + notice("2026-02-05")),
            "lines.12336.notices.1.from",
            "overlap",
        ),
        (
            merged(notice("2026-02-01") + notice("2026-03-01")),
            "lines.12336.notices.1.from",
            "overlap",
        ),
        (
            merged(notice("2026-11-30", "2026-12-01"), STAGE),
            "lines.12336.notices.0",
            "next stage",
        ),
        (office('rings = "119"'), "lines.09311000001.rings", "emergency"),
        (office('rings = "0931110"'), "lines.09311000001.rings", "emergency"),
        (office('rings = "12345"'), "lines.09311000001.rings", "loop"),
        (office('rings = "093112345"'), "lines.09311000001.rings", "loop"),
        (office('rings = "09311000001"'), "lines.09311000001.rings", "loop"),
        (office('rings = "1;2"'), "lines.09311000001.rings", "pattern"),
        (
            OTHER.format(number="12366", mode="sub_centre", more='transfer_to = "12366"'),
            "lines.12366.transfer_to",
            "loop",
        ),
        (
            office('ring_times = { working_days = ["12:00-08:00"] }'),
            "lines.09311000001.ring_times.working_days",
            "after",
        ),
        (office('on_key = "hangup"'), "lines.09311000001.on_key", "nothing"),
    ],
)
def test_given_a_fault_then_it_is_named_with_key_and_reason(
    tmp_path: Path, lines: str, key: str | None, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, lines)
    assert reason in caught.value.reason
    if key:
        assert caught.value.key == key


def test_given_notices_then_each_text_is_in_force_on_its_days_and_the_usual_one_on_others(
    tmp_path: Path,
) -> None:
    plan = load(tmp_path, merged(notice("2026-02-10", "2026-02-12") + notice("2026-11-01"), STAGE))
    found = {}
    for day in (9, 10, 12, 13):
        said = treatment(plan, "12336", date(2026, 2, day)).announcement
        assert said is not None
        found[day] = said.key
    assert found == {
        9: "announcement-12336",
        10: "announcement-12336-notice20260210",
        12: "announcement-12336-notice20260210",
        13: "announcement-12336",
    }
    # a notice without an end goes as far as its stage
    last = treatment(plan, "12336", date(2026, 11, 30)).announcement
    assert last is not None
    assert last.key == "announcement-12336-notice20261101"
    assert treatment(plan, "12336", date(2026, 12, 1)).announcement is None


def test_given_office_hours_when_previewed_then_it_rings_only_within_them(tmp_path: Path) -> None:
    plan = load(
        tmp_path,
        office(
            'rings = "09310000021"\nunanswered = "release"\n'
            'ring_times = { working_days = ["08:30-12:00"], tuesday = [] }'
        ),
    )
    monday = datetime(2026, 11, 23, tzinfo=CITY.zone)
    for hours, kind in (
        (8, "not_rung"),
        (8.5, "ring"),
        (11.99, "ring"),
        (12, "not_rung"),
        (33, "not_rung"),
    ):
        at = (monday + timedelta(hours=hours)).astimezone(UTC)
        assert preview(plan, CITY, "09311000001", at).steps[-1].kind == kind, hours

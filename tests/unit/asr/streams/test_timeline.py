from asr.streams.timeline import Timeline


def test_given_no_gap_when_asked_then_audio_and_clock_run_together() -> None:
    timeline = Timeline(250)
    assert [timeline.at(ms) for ms in (0, 1, 5000)] == [250, 251, 5250]


def test_given_a_gap_when_asked_then_what_follows_lies_later_and_what_precedes_does_not() -> None:
    timeline = Timeline(0)
    timeline.skip(1000, 7000)
    assert timeline.at(999) == 999
    assert timeline.at(1000) == 8000
    assert timeline.ends_at(1000) == 1000
    assert timeline.ends_at(1500) == 8500
    timeline.skip(2000, 500)
    assert timeline.at(2000) == 9500

"""The table: nobody can get stuck in it."""

from __future__ import annotations

from telephony.transfers import TRANSITIONS, TransferState, Trigger, table

_S, _T = TransferState, Trigger
REST = {_S.TOGETHER, _S.HANDED_OVER, _S.RETURNED}


def test_given_the_table_when_printed_then_every_transition_has_a_line() -> None:
    assert len(table().splitlines()) == len(TRANSITIONS)


def test_given_a_ringing_target_when_it_answers_or_fails_then_there_is_a_way_on() -> None:
    for state in (_S.BLIND_RINGING, _S.CONSULT_RINGING, _S.THREE_WAY_RINGING):
        assert (state, _T.TARGET_ANSWERED) in TRANSITIONS
        assert TRANSITIONS[state, _T.TARGET_FAILED] in REST


def test_given_a_target_in_the_call_when_it_leaves_then_the_caller_has_an_agent_again() -> None:
    for state in (_S.CONSULTING, _S.THREE_WAY):
        assert TRANSITIONS[state, _T.TARGET_LEFT] is _S.TOGETHER
    assert TRANSITIONS[_S.HANDED_OVER, _T.TARGET_LEFT] is _S.RETURNED


def test_given_an_agent_in_a_transfer_when_gone_then_the_caller_goes_to_the_target() -> None:
    for state in (_S.CONSULT_RINGING, _S.THREE_WAY_RINGING):
        assert TRANSITIONS[state, _T.AGENT_LEFT] is _S.BLIND_RINGING
    for state in (_S.CONSULTING, _S.THREE_WAY):
        assert TRANSITIONS[state, _T.AGENT_LEFT] is _S.HANDED_OVER


def test_given_any_state_when_followed_then_one_of_rest_can_be_reached() -> None:
    for start in TransferState:
        reached, new = {start}, {start}
        while new:
            new = {after for (at, _), after in TRANSITIONS.items() if at in new} - reached
            reached |= new
        assert reached & REST

from agent_gateway.supervisor.backoff import FIRST_S, LONGEST_S, STEADY_S, Backoff


def test_given_early_deaths_when_they_repeat_then_pauses_grow_up_to_the_longest() -> None:
    backoff = Backoff()
    pauses = [backoff.pause_s(0.5) for _ in range(12)]
    assert pauses[0] == FIRST_S
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_S


def test_given_a_long_life_when_it_ends_then_the_pause_is_the_first_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.pause_s(0.5)
    assert backoff.pause_s(STEADY_S) == FIRST_S

"""The attacker of these tests is independent of what it attacks: it fills the hidden numbers in every possible way."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.bridge_hiding import HOME, Chain, Hidden, hidden_of_home, hidden_of_parts

STEPS = ("boundary", "age")
THRESHOLD = 3


def chain(start: int, *changes: int) -> Chain:
    return Chain(start, tuple(zip(STEPS, changes, strict=True)))


def numbers(chain: Chain) -> dict[str, int]:
    """All that a bridge shows: counts and changes."""
    found = {f"count {step}": count for step, count in chain.counts()}
    return found | {f"change {step}": change for step, change in chain.changes}


def visible(chains: Mapping[str, Chain], hidden: Mapping[str, Hidden]) -> dict[tuple[str, str], int]:
    return {
        (name, what): value
        for name, chain in chains.items()
        for what, value in numbers(chain).items()
        if what.removeprefix("count ") not in hidden[name].counts
        and what.removeprefix("change ") not in hidden[name].changes
    }


def added(parts: Mapping[str, Chain]) -> Chain:
    steps = [step for step, _ in next(iter(parts.values())).changes]
    changes = ((step, sum(dict(part.changes)[step] for part in parts.values())) for step in steps)
    return Chain(sum(part.start for part in parts.values()), tuple(changes))


def like(value: int) -> list[int]:
    """What a reader may take a hidden number for: any of its sign; zero is known to be zero."""
    return [0] if value == 0 else [(1 if value > 0 else -1) * size for size in range(1, abs(value) + 3)]


def worked_out(parts: Mapping[str, Chain], hidden: Mapping[str, Hidden]) -> set[tuple[str, str]]:
    """Fill in every number in every way that fits what is shown, and name what all ways have in common."""
    shown = visible({HOME: added(parts), **parts}, hidden)
    ways: dict[str, list[Chain]] = {}
    for name, part in parts.items():
        values = [like(part.start), *(like(change) for _, change in part.changes)]
        signs = numbers(part)
        ways[name] = [
            guess
            for guess in (chain(*each) for each in itertools.product(*values))
            if all(value == shown.get((name, what), value) for what, value in numbers(guess).items())
            and all((value > 0) == (signs[what] > 0) and (value < 0) == (signs[what] < 0)
                    for what, value in numbers(guess).items())
        ]  # fmt: skip
    seen: dict[tuple[str, str], set[int]] = {}
    signs = numbers(added(parts))
    for guesses in itertools.product(*ways.values()):
        guessed = dict(zip(ways, guesses, strict=True))
        home = numbers(added(guessed))
        if any(value != shown.get((HOME, what), value) for what, value in home.items()):
            continue
        if any((value > 0) - (value < 0) != (signs[what] > 0) - (signs[what] < 0) for what, value in home.items()):
            continue
        for name, each in {HOME: added(guessed), **guessed}.items():
            for what, value in numbers(each).items():
                seen.setdefault((name, what), set()).add(value)
    return {position for position, values in seen.items() if len(values) == 1 and position not in shown}


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert not hidden_of_home(chain(500, -100, 0), THRESHOLD)


def test_one_small_step_takes_the_cheapest_other_with_it() -> None:
    hidden = hidden_of_home(chain(500, -2, -40), THRESHOLD)
    assert hidden.changes == {"boundary", "age"}
    assert hidden.counts == {"boundary"}


def test_a_small_count_between_two_large_steps_is_hidden_with_them() -> None:
    """498 of 500 leave and 300 others come: the two who stay could be read off."""
    hidden = hidden_of_home(chain(500, -498, 300), THRESHOLD)
    assert hidden.counts == {"boundary"}
    assert hidden.changes == {"boundary", "age"}


def test_a_lone_small_step_hides_an_end() -> None:
    hidden = hidden_of_home(Chain(500, (("age", -2),)), THRESHOLD)
    assert hidden.changes == {"age"}
    assert len(hidden.counts) == 1


def test_zero_is_never_hidden() -> None:
    hidden = hidden_of_home(chain(500, 0, -1), THRESHOLD)
    assert "boundary" not in hidden.changes


def test_a_division_is_not_worked_out_from_the_others_and_the_home() -> None:
    parts = {"a": chain(400, -2, -90), "b": chain(300, -50, -60), "c": chain(200, -40, -30)}
    hidden = hidden_of_parts(added(parts), parts, THRESHOLD, THRESHOLD)
    assert not hidden[HOME]
    assert "boundary" in hidden["a"].changes
    assert "boundary" in hidden["b"].changes | hidden["c"].changes


def small_chains() -> st.SearchStrategy[Chain]:
    counts = st.integers(0, 6)
    return st.builds(lambda a, b, c: chain(a, b - a, c - b), counts, counts, counts)


@given(parts=st.tuples(small_chains(), small_chains()))
@settings(max_examples=60, deadline=None)
def test_law_no_way_of_filling_in_gives_a_hidden_number(parts: tuple[Chain, Chain]) -> None:
    named = dict(zip("ab", parts, strict=True))
    hidden = hidden_of_parts(added(named), named, THRESHOLD, THRESHOLD)
    assert worked_out(named, hidden) == set()


@given(home=small_chains())
@settings(max_examples=80, deadline=None)
def test_law_a_bridge_alone_gives_no_hidden_number(home: Chain) -> None:
    hidden = hidden_of_home(home, THRESHOLD)
    assert worked_out({"a": home}, {"a": hidden, HOME: hidden}) == set()
    small = {what for what, value in numbers(home).items() if 0 < abs(value) < THRESHOLD}
    assert small <= {f"count {step}" for step in hidden.counts} | {f"change {step}" for step in hidden.changes}

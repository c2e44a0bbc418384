"""Invented stays of people of whom reports tell: at any level of the register, long and short, some half unknown."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from naive.counting import Stay

DAY = date(2024, 10, 31)
PLACES = (
    "340124100201", "340124100202", "340124101201", "340124100000", "340124000000", "340104100201", "340202101201",
    "440000000000", "441900101001", "500229100201", None,
)  # fmt: skip
REASONS = (None, "UNKNOWN", "WORK", "STUDY", "MEDICAL")
AGES = tuple(DAY - timedelta(days=days) for days in (1, 3, 31, 182, 183, 184, 185, 400, 1800, 1826, 1827, 1828, 4000))


def draw_people(seed: int, count: int = 400) -> list[Stay]:
    """Draw so many stays, the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - invented, the same in every run
    return [_draw(random, number) for number in range(count)]


def _draw(random: Random, number: int) -> Stay:
    left, ended = random.choice(AGES), random.choice(AGES)
    arrived = min(left + timedelta(days=random.choice((0, 0, 2, 200))), DAY)
    is_vague = random.random() < 0.2
    return Stay(
        stay_id=f"s{number}",
        person_key=f"p{number}",
        origin_code=random.choice(PLACES),
        dest_code=random.choice(PLACES),
        left_hukou_date=random.choice((None, left)),
        arrived_date=None if is_vague else arrived,
        arrived_after=arrived - timedelta(days=9) if is_vague else None,
        arrived_before=arrived + timedelta(days=9) if is_vague else None,
        ended_date=max(ended, arrived) if not is_vague and random.random() < 0.2 else None,
        reason_code=random.choice(REASONS),
        sex=random.choice(("1", "2", None)),
        birth_date=date(1990, 1, 1),
    )

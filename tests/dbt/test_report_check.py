"""Reports beside the records and beside their own parts: every computed number against the naive second version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from counting_site import DEFINITIONS, REGISTER, CountingSite
from naive.counting import Stay
from naive.reports import Cell, computed
from reported_people import DAY, draw_people

from ingest.declaration import CountForm, load_forms
from popflow.attention import attention_lines, read_attention

COUNTY, TOWNSHIP, VILLAGE = "340124000000", "340124100000", "340124100201"
LEVELS = {COUNTY: "county", TOWNSHIP: "township", VILLAGE: "village"}
MODELS = ("int_current_file", "int_report_cell", "int_report_definition", "int_report_interval")


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingSite]:
    site = CountingSite(built_site, tmp_path_factory.mktemp("reports"))
    yield site
    site.connection.close()


@pytest.fixture(scope="module")
def stays() -> list[Stay]:
    return draw_people(5)


def _form(form_id: str) -> CountForm:
    form = load_forms()[form_id]
    assert isinstance(form, CountForm)
    return form


def _deliver(site: CountingSite, cells: list[dict[str, object]]) -> None:
    """Put these cells in the place of all reports and make what follows from them again."""
    run = site.connection.execute
    run("DELETE FROM raw.report_cell")
    run("DELETE FROM raw.file WHERE form_id IN ('township_report', 'od_return', 'hukou_population')")
    for form_id in sorted({str(cell["form_id"]) for cell in cells}):
        run(
            "INSERT INTO raw.file BY NAME SELECT $1 AS file_id, $1 || '.xlsx' AS path, 's' AS sha256, $1 AS form_id, "
            "$2 AS unit_code, '2024-10' AS period, $3::DATE AS reported_on, 'full' AS list_kind, "
            "TIMESTAMP '2024-11-01' AS received_at, 'n' AS night_id, 'accepted' AS status, 0 AS rows_in, "
            "0 AS rows_accepted, 0 AS rows_returned, 0 AS rows_duplicate",
            [form_id, COUNTY, DAY],
        )
    for cell in cells:
        values: dict[str, object] = {
            "file_id": cell["form_id"], "sheet": "", "row_number": 5, "unit_code": COUNTY, "cell_unit_code": COUNTY,
            "period": "2024-10", "reported_on": DAY, "persons": 7, **cell,
        }  # fmt: skip
        marks = ", ".join("?" for _ in values)
        run(f"INSERT INTO raw.report_cell ({', '.join(values)}) VALUES ({marks})", list(values.values()))
    for name in MODELS:
        relation, query = site.models[name]
        run(f"DELETE FROM {relation}")
        run(f"INSERT INTO {relation} BY NAME {query}")


def _checked(site: CountingSite, check: str) -> dict[tuple[object, ...], tuple[object, ...]]:
    rows = site.rows(
        "SELECT item, unit_code, category, row_number, reported, computed, computed_unknown, difference, "
        "within_unknown FROM stats.report_check WHERE period = '2024-10' AND \"check\" = $1",
        check,
    )
    found = {row[:4]: row[4:] for row in rows}
    assert len(found) == len(rows)
    return found


def test_every_item_of_a_township_report_is_what_the_records_give(site: CountingSite, stays: list[Stay]) -> None:
    form = _form("township_report")
    asked = {
        name: item
        for name, item in form.items.items()
        if item.meaning.definition is not None and item.meaning.dwelling is None
    }
    cells: list[dict[str, object]] = [
        {"form_id": "township_report", "cell_unit_code": unit, "item": name, "row_number": row,
         "category": category if item.needs else None}
        for row, (unit, category) in enumerate(((COUNTY, "ALL"), (TOWNSHIP, "WORK"), (VILLAGE, "STUDY")), start=5)
        for name, item in asked.items()
    ]  # fmt: skip
    site.count(stays)
    _deliver(site, cells)
    found = _checked(site, "records")
    assert len(found) == len(cells)
    expected = {}
    for cell in cells:
        name, unit, row = str(cell["item"]), str(cell["cell_unit_code"]), cell["row_number"]
        meaning, category = asked[name].meaning, cell["category"]
        end = (unit, LEVELS[unit])
        about = Cell(
            meaning, end if meaning.direction == "out" else None, end if meaning.direction == "in" else None,
            None if category is None else str(category),
        )  # fmt: skip
        count, unknown = computed(about, stays, DEFINITIONS[str(meaning.definition)], DAY, REGISTER)
        within = False if count == 7 else count <= 7 <= count + unknown
        expected[name, unit, category, row] = (7, count, unknown, 7 - count, within)
    assert found == expected
    assert sum(count > 0 for _, count, *_ in found.values()) > len(found) / 2  # type: ignore[operator]


def test_kinds_of_origin_leave_out_nobody_whose_origin_is_known(site: CountingSite, stays: list[Stay]) -> None:
    kinds = [name for name, item in _form("township_report").items.items() if item.meaning.origin_kind is not None]
    site.count([stay for stay in stays if stay.origin_code not in (None, "440000000000")])
    _deliver(
        site,
        [{"form_id": "township_report", "item": name, "category": "ALL"} for name in ("temporary_total", *kinds)],
    )  # fmt: skip
    counts = {item: (count, unknown) for (item, *_), (_, count, unknown, *_) in _checked(site, "records").items()}
    # of 其他 nobody can say who they are
    assert len(counts) == len(kinds)
    assert "temporary_from_other" not in counts
    total = counts.pop("temporary_total")
    assert sum(count for count, _ in counts.values()) == total[0] > 0
    assert counts["temporary_from_hmt"] == counts["temporary_from_abroad"] == (0, 0)
    assert all(
        counts[f"temporary_from_{kind}"][0] for kind in ("province_urban", "elsewhere_urban", "elsewhere_county")
    )


def test_a_report_is_what_stats_stock_has(site: CountingSite, stays: list[Stay]) -> None:
    site.count(stays)
    cells: list[dict[str, object]] = [
        {"form_id": "township_report", "cell_unit_code": unit, "item": f"{direction}flow_total", "row_number": row}
        for row, unit in enumerate(LEVELS, start=5)
        for direction in ("in", "out")
    ]
    _deliver(site, cells)
    found = _checked(site, "records")
    assert len(found) == len(cells)
    stock = {
        (direction, code): (persons, unknown)
        for direction, code, persons, unknown in site.rows(
            "SELECT direction, division_code, sum(persons)::BIGINT, sum(persons_unknown)::BIGINT FROM stats.stock "
            "JOIN (VALUES ('340124000000', 'county'), ('340124100000', 'township'), "
            "('340124100201', 'village')) AS asked (division_code, level) USING (division_code, level) "
            "WHERE as_of = DATE '2024-10-31' AND definition_id = 'MPS_LDRK' GROUP BY ALL"
        )
    }
    for (item, unit, *_), (_, count, unknown, *_) in found.items():
        assert stock.get((str(item).removesuffix("flow_total"), unit), (0, 0)) == (count, unknown)


def test_flows_between_places_and_bands_of_distance(site: CountingSite, stays: list[Stay]) -> None:
    form = _form("od_return")
    flows: list[dict[str, object]] = [
        {"form_id": "od_return", "origin_code": TOWNSHIP, "origin_level": "township", "dest_code": "440000000000",
         "dest_level": "province", "item": item, "row_number": 5}
        for item in ("flow_total", "flow_male", "flow_half_year")
    ]  # fmt: skip
    bands = [name for name, item in form.items.items() if item.meaning.range and item.meaning.direction == "out"]
    distances: list[dict[str, object]] = [
        {"form_id": "od_return", "cell_unit_code": TOWNSHIP, "origin_code": COUNTY, "dest_code": COUNTY, "item": item,
         "row_number": 6}
        for item in ("flow_total", *bands)
    ]  # fmt: skip
    site.count(stays)
    _deliver(site, [*flows, *distances])
    found = _checked(site, "records")
    counted = [name for name in bands if form.items[name].meaning.definition is not None]
    assert len(found) == len(flows) + 1 + len(counted)
    home = (TOWNSHIP, "township")
    for (item, _, _, row), (_, count, unknown, *_) in found.items():
        meaning = form.items[str(item)].meaning
        about = Cell(meaning, home, ("440000000000", "province") if row == 5 else None)
        expected = computed(about, stays, DEFINITIONS[str(meaning.definition)], DAY, REGISTER)
        assert (count, unknown) == expected, item


def test_a_flow_to_no_place_or_of_others_is_held_against_nothing(site: CountingSite, stays: list[Stay]) -> None:
    site.count(stays)
    elsewhere: dict[str, object] = {"origin_code": "440000000000", "dest_code": "500000000000"}
    abroad: dict[str, object] = {"origin_code": TOWNSHIP, "dest_code": None}
    _deliver(
        site,
        [
            {"form_id": "od_return", "item": "flow_total", "row_number": row, **ends}
            for row, ends in enumerate((abroad, elsewhere))
        ],
    )
    assert site.rows("SELECT count(*) FROM intermediate.int_report_cell") == [(2,)]
    assert site.rows("SELECT count(*) FROM stats.report_check") == [(0,)]


def test_the_town_whose_bands_do_not_add_up(site: CountingSite) -> None:
    values = {"flow_total": 23902, "out_in_county": 5250, "out_in_city": 1491, "out_other_city": 13781,
              "out_other_province": 5014}  # fmt: skip
    site.count([])
    _deliver(
        site,
        [{"form_id": "od_return", "cell_unit_code": TOWNSHIP, "origin_code": COUNTY, "dest_code": COUNTY,
          "item": item, "persons": persons} for item, persons in values.items()],
    )  # fmt: skip
    assert _checked(site, "bands") == {("flow_total", TOWNSHIP, None, 5): (23902, 25536, 0, -1634, False)}


@pytest.mark.parametrize(("total", "expected"), [(100, 100), (103, 103), (109, 109), (112, 112), (111, 112)])
def test_people_outside_the_country_are_counted_beside_the_bands_or_inside_them(
    site: CountingSite, total: int, expected: int
) -> None:
    values = {"flow_total": total, "out_in_county": 10, "out_in_city": 20, "out_other_city": 30,
              "out_other_province": 40, "out_in_township": 3, "out_abroad": 8, "out_hmt": 1}  # fmt: skip
    site.count([])
    _deliver(
        site,
        [{"form_id": "od_return", "cell_unit_code": TOWNSHIP, "origin_code": COUNTY, "dest_code": COUNTY,
          "item": item, "persons": persons} for item, persons in values.items()],
    )  # fmt: skip
    assert [row[1] for row in _checked(site, "bands").values()] == [expected]


def test_rows_of_villages_and_of_categories_add_up_to_their_totals(site: CountingSite) -> None:
    villages = {TOWNSHIP: 30, VILLAGE: 12, "340124100202": 17, "340124101201": 99}
    reasons = {"ALL": 20, "WORK": 12, "STUDY": 8}
    site.count([])
    _deliver(
        site,
        [
            *({"form_id": "township_report", "cell_unit_code": unit, "item": "inflow_total", "row_number": row,
               "persons": persons} for row, (unit, persons) in enumerate(villages.items(), start=5)),
            *({"form_id": "township_report", "item": "temporary_total", "category": reason, "row_number": row,
               "persons": persons} for row, (reason, persons) in enumerate(reasons.items(), start=20)),
        ],
    )  # fmt: skip
    assert _checked(site, "villages") == {("inflow_total", TOWNSHIP, None, 5): (30, 29, 0, 1, False)}
    assert _checked(site, "categories") == {("temporary_total", COUNTY, "ALL", 20): (20, 20, 0, 0, False)}
    site.connection.execute(
        "INSERT INTO raw.returned_row VALUES ('township_report', '', 9, 'township_report', $1, '2024-10', $2, false)",
        [COUNTY, DAY],
    )
    assert [row[2:] for row in _checked(site, "villages").values()] == [(None, 1, None)]
    site.connection.execute("DELETE FROM raw.returned_row")


@pytest.mark.parametrize(
    ("total", "expected"),
    # what is missing may make up the difference, but not where the villages that are there are more already
    [(30, (30, 12, None, 18, None)), (10, (10, 12, None, -2, False)), (12, (12, 12, None, 0, False))],
)
def test_of_villages_that_are_missing_nobody_knows_what_they_add(
    site: CountingSite, total: int, expected: tuple[object, ...]
) -> None:
    site.count([])
    _deliver(
        site,
        [
            {"form_id": "township_report", "cell_unit_code": unit, "item": "inflow_total", "row_number": row,
             "persons": persons} for row, (unit, persons) in enumerate(((TOWNSHIP, total), (VILLAGE, 12)), start=5)
        ],
    )  # fmt: skip
    assert list(_checked(site, "villages").values()) == [expected]


def test_the_status_names_the_report_that_disagrees_most(site: CountingSite) -> None:
    site.count([])
    _deliver(site, [])
    nothing = read_attention(site.connection)
    assert nothing is not None
    assert list(attention_lines(nothing)) == []
    _deliver(
        site,
        [
            {"form_id": "township_report", "cell_unit_code": unit, "item": "inflow_total", "row_number": row,
             "persons": persons}
            for row, (unit, persons) in enumerate(((COUNTY, 0), (TOWNSHIP, 9), (VILLAGE, 20)), start=5)
        ],
    )  # fmt: skip
    waiting = read_attention(site.connection)
    assert waiting is not None
    assert (waiting.period, waiting.compared, waiting.differ) == ("2024-10", 4, 3)
    assert waiting.worst == ("庐江县甲镇子村", "inflow_total", 20, 0)
    (line,) = attention_lines(waiting)
    assert "3 of 4 counts" in line

{#
    The rule of counting as queries of what is given: the models count what is known now with them, and the table macros
    what was known on an earlier day. Columns are those of core.stay with sex, birth_date and hukou_nature of the person.
#}

{# Stays with what counting asks of their people. #}
{% macro stays_with_person(stays, persons) -%}
    (
        select
            stay.*,
            person.sex,
            person.birth_date,
            person.hukou_nature
        from {{ stays }} as stay
        inner join {{ persons }} as person on stay.person_key = person.person_key
    )
{%- endmacro %}

{# The parts of stays, each with the days between which it is open, and what its places prove of each other. #}
{% macro counting_stays(stays, places) -%}
with

-- a stay has one part for each register that its two places have lived through, most often a single one
part as (
    select
        stay.*,
        greatest(
            coalesce(origin.known_from, {{ beginning_of_time() }}),
            coalesce(destination.known_from, {{ beginning_of_time() }})
        ) as known_from,
        least(
            coalesce(origin.known_to, {{ end_of_time() }}),
            coalesce(destination.known_to, {{ end_of_time() }})
        ) as known_to,
        {% for level in levels() %}{{ crosses('origin', 'destination', level) }} as crosses_{{ level }}, {% endfor %}
        origin.is_city_district
        and destination.is_city_district
        and not {{ crosses('origin', 'destination', 'city') }} as is_intra_city
    from {{ stays }} as stay
    left join {{ places }} as origin
        on stay.origin_code = origin.place_code
    left join {{ places }} as destination
        on
            stay.dest_code = destination.place_code
            and coalesce(origin.known_from, {{ beginning_of_time() }}) < destination.known_to
            and destination.known_from < coalesce(origin.known_to, {{ end_of_time() }})
)

select
    cast(row_number() over (
        order by part.origin_code, part.dest_code, part.stay_id, part.known_from
    ) as integer) as part_number,
    part.stay_id,
    part.origin_code,
    part.dest_code,
    part.sex,
    part.birth_date,
    part.hukou_nature,
    nullif(part.reason_code, 'UNKNOWN') as reason_code,
    part.left_hukou_date,
    coalesce(part.left_hukou_date, cast(part.left_hukou_after + to_days(1) as date)) as left_from,
    coalesce(part.left_hukou_date, part.left_hukou_before) as left_by,
    part.arrived_date,
    -- open at the earliest from the first day, for certain from the second; a list that shows the stay proves more
    -- than a later date of leaving
    coalesce(
        part.arrived_date,
        least(
            greatest(
                coalesce(
                    part.left_hukou_date,
                    cast(part.left_hukou_after + to_days(1) as date),
                    {{ beginning_of_time() }}
                ),
                coalesce(cast(part.arrived_after + to_days(1) as date), {{ beginning_of_time() }})
            ),
            part.arrived_before
        )
    ) as arrived_from,
    coalesce(part.arrived_date, part.arrived_before, {{ end_of_time() }}) as arrived_by,
    -- open for certain until the first day, possibly until the second
    coalesce(
        part.ended_date,
        cast(part.ended_after + to_days(1) as date),
        case when part.ended_before is null then {{ end_of_time() }} else {{ beginning_of_time() }} end
    ) as open_until,
    coalesce(part.ended_date, part.ended_before, {{ end_of_time() }}) as over_by,
    part.known_from,
    part.known_to,
    {% for level in levels() %}part.crosses_{{ level }}, {% endfor %}
    part.is_intra_city
from part
{%- endmacro %}

{# The days between which parts of stays count under definitions. #}
{% macro counting_intervals(definitions, stays) -%}
with

-- the tests that time does not change
tested as (
    select
        definition.definition_id,
        definition.clock,
        definition.min_months,
        definition.min_days,
        definition.age_min,
        definition.age_max,
        stay.part_number,
        stay.left_from,
        stay.left_by,
        stay.birth_date,
        stay.arrived_from,
        stay.arrived_by,
        stay.open_until,
        stay.over_by,
        stay.known_from,
        stay.known_to,
        {{ is_across_boundary('definition', 'stay') }}
        and (definition.hukou_nature is null or stay.hukou_nature = definition.hukou_nature)
        and (
            definition.excluded_reasons is null
            or not list_contains(definition.excluded_reasons, stay.reason_code)
        ) as is_admitted
    from {{ definitions }} as definition
    cross join {{ stays }} as stay
),

-- the tests that time changes, each as the days between which it holds; a missing day of birth decides nothing
timed as (
    select
        definition_id,
        part_number,
        known_from,
        known_to,
        arrived_from,
        arrived_by,
        open_until,
        over_by,
        is_admitted
        and (birth_date is not null or (age_min is null and age_max is null)) as is_certain,
        case clock
            when 'left_hukou' then {{ date_plus('coalesce(left_by, arrived_by)', 'min_months', 'min_days') }}
            when 'arrived' then {{ date_plus('arrived_by', 'min_months', 'min_days') }}
            else {{ end_of_time() }}
        end as long_enough_by,
        case
            when clock = 'left_hukou' and left_from is null then arrived_from
            when clock = 'left_hukou' then {{ date_plus('left_from', 'min_months', 'min_days') }}
            else {{ date_plus('arrived_from', 'min_months', 'min_days') }}
        end as long_enough_from,
        coalesce({{ date_plus('birth_date', 'age_min * 12') }}, {{ beginning_of_time() }}) as age_from,
        coalesce({{ date_plus('birth_date', '(age_max + 1) * 12') }}, {{ end_of_time() }}) as age_to
    from tested
    where is_admitted is distinct from false
),

bounded as (
    select
        definition_id,
        part_number,
        is_certain,
        greatest(arrived_from, long_enough_from, age_from, known_from) as possible_from,
        least(over_by, age_to, known_to) as possible_to,
        greatest(arrived_by, long_enough_by, age_from, known_from) as certain_from,
        least(open_until, over_by, age_to, known_to) as certain_to
    from timed
)

select
    definition_id,
    part_number,
    possible_from,
    possible_to,
    case when is_certain and certain_from < certain_to then certain_from else {{ end_of_time() }} end as certain_from,
    case when is_certain and certain_from < certain_to then certain_to else {{ end_of_time() }} end as certain_to
from bounded
where possible_from < possible_to
order by definition_id, part_number
{%- endmacro %}

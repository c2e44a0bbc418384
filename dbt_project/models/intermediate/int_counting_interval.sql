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
        case definition.boundary_level
            {% for level in levels() -%}
                when '{{ level }}' then stay.crosses_{{ level }}
            {% endfor -%}
            when 'none' then true
        end
        and case
            when definition.within_boundary = 'province' then not stay.crosses_province
            when definition.within_boundary = 'city_districts' then stay.is_intra_city
            else true
        end
        and not (stay.is_intra_city and definition.excludes_intra_city)
        and (definition.hukou_nature is null or stay.hukou_nature = definition.hukou_nature)
        and (
            definition.excluded_reasons is null
            or not list_contains(definition.excluded_reasons, stay.reason_code)
        ) as is_admitted
    from {{ ref('int_counting_definition') }} as definition
    cross join {{ ref('int_counting_stay') }} as stay
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

{%- set cell = 'as_of, definition_id, direction, level, division_code' -%}
{%- set measures = [
    'persons', 'persons_unknown', 'moves', 'moves_possible', 'returns', 'redepartures', 'persons_returned',
    'persons_at_start', 'persons_self_reported', 'workplaces_self_reported',
] -%}
with

by_area as (
    select
        {% for measure in measures -%}
            sum(event.amount) filter (where event.measure = '{{ measure }}') as {{ measure }},
        {% endfor -%}
        month.as_of,
        event.definition_id,
        event.direction,
        event.level,
        event.area_code
    from {{ ref('int_counting_month') }} as month
    inner join {{ ref('int_frequency_event') }} as event
        on
            event.from_month <= {{ month_number('month.as_of') }}
            and {{ month_number('month.as_of') }} < event.to_month
    group by all
),

placed as (
    select
        {% for measure in measures -%}
            by_area.{{ measure }},
        {% endfor -%}
        by_area.as_of,
        by_area.definition_id,
        by_area.direction,
        home.level,
        home.division_code
    from by_area
    inner join {{ ref('int_counting_home') }} as home
        on
            by_area.area_code = home.place_code
            and by_area.as_of >= home.known_from
            and by_area.as_of < home.known_to
    where by_area.level is null
    union all
    select *
    from by_area
    where level is not null
),

summed as (
    select
        {% for measure in measures -%}
            cast(coalesce(sum({{ measure }}), 0) as bigint) as {{ measure }},
        {% endfor -%}
        {{ cell }}
    from placed
    group by {{ cell }}
)

select
    summed.as_of,
    summed.definition_id,
    summed.direction,
    summed.level,
    summed.division_code,
    summed.persons,
    summed.persons_unknown,
    summed.moves,
    summed.moves_possible - summed.moves as moves_unknown,
    cast(summed.moves as double) / nullif(summed.persons, 0) as moves_per_person_year,
    cast(median.median_months as integer) as median_stay_months,
    cast(coalesce(median.stays, 0) as bigint) as stays_measured,
    summed.returns,
    summed.redepartures,
    summed.persons_returned,
    summed.persons_at_start,
    cast(summed.persons_returned as double) / nullif(summed.persons_at_start, 0) as return_rate,
    summed.persons_self_reported,
    cast(summed.workplaces_self_reported as double)
    / nullif(summed.persons_self_reported, 0) as workplaces_self_reported_mean
from summed
left join {{ ref('int_frequency_median') }} as median
    on
        summed.as_of = median.as_of
        and summed.definition_id = median.definition_id
        and summed.direction = median.direction
        and summed.level = median.level
        and summed.division_code = median.division_code
where summed.persons + summed.persons_unknown > 0

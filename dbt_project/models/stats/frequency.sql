{%- set measures = [
    'persons', 'persons_unknown', 'moves', 'moves_possible', 'returns', 'redepartures', 'persons_returned',
    'persons_at_start', 'persons_self_reported', 'workplaces_self_reported',
] -%}
with

month as (
    select
        as_of,
        {{ month_number('as_of') }} as month_number
    from {{ ref('int_counting_month') }}
),

by_area as (
    select
        {% for measure in measures -%}
            sum(event.{{ measure }}) as {{ measure }},
        {% endfor -%}
        month.month_number,
        event.definition_number,
        event.area_number
    from month
    inner join {{ ref('int_frequency_event') }} as event on month.month_number >= event.month_number
    group by all
),

summed as (
    select
        {% for measure in measures -%}
            cast(coalesce(sum(by_area.{{ measure }}), 0) as bigint) as {{ measure }},
        {% endfor -%}
        by_area.month_number,
        by_area.definition_number,
        division.division_number,
        division.level,
        division.division_code
    from by_area
    inner join {{ ref('int_frequency_division') }} as division
        on
            by_area.area_number = division.area_number
            and by_area.month_number >= division.from_month
            and by_area.month_number < division.to_month
    group by all
)

select
    month.as_of,
    definition.definition_id,
    definition.direction,
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
inner join month on summed.month_number = month.month_number
inner join {{ ref('int_frequency_definition') }} as definition
    on summed.definition_number = definition.definition_number
left join {{ ref('int_frequency_median') }} as median
    on
        summed.month_number = median.month_number
        and summed.definition_number = median.definition_number
        and summed.division_number = median.division_number
where summed.persons + summed.persons_unknown > 0

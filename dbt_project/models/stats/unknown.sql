{{ config(materialized='view') }}
with

at_month_end as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            month.as_of,
            counting.definition_id,
            '{{ direction }}' as direction,
            home.level,
            home.division_code,
            {{ unknown_because('counting.undecided_test', 'definition.clock', 'stay', 'month.as_of') }} as cause
        from {{ ref('int_counting_month') }} as month
        inner join {{ ref('int_counting_interval') }} as counting on {{ is_unknown('counting', 'month.as_of') }}
        inner join {{ ref('int_counting_definition') }} as definition
            on counting.definition_id = definition.definition_id
        inner join {{ ref('int_counting_stay') }} as stay
            on counting.part_number = stay.part_number
        inner join {{ ref('int_counting_home') }} as home
            on
                stay.{{ place }} = home.place_code
                and month.as_of >= home.known_from
                and month.as_of < home.known_to
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    as_of,
    definition_id,
    direction,
    level,
    division_code,
    cause,
    count(*) as persons_unknown
from at_month_end
group by all

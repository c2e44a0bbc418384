{{ config(materialized='view') }}
with

at_month_end as (
    {{ stays_at_month_ends(
        [unknown_because('counting.undecided_test', 'definition.clock', 'stay', 'month.as_of') ~ ' as cause'],
        ref('int_counting_definition'),
        is_unknown('counting', 'month.as_of')
    ) }}
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

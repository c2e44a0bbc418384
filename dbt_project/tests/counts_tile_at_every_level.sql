-- Law 5: every level sums to the one above, in every month.
with

by_level as (
    select
        month,
        definition_id,
        direction,
        level,
        sum(opening) as opening,
        sum(arrivals) as arrivals,
        sum(departures) as departures,
        sum(other) as other,
        sum(closing) as closing
    from {{ ref('change') }}
    group by all
)

select
    month,
    definition_id,
    direction
from by_level
group by all
having
    min(opening) != max(opening)
    or min(arrivals) != max(arrivals)
    or min(departures) != max(departures)
    or min(other) != max(other)
    or min(closing) != max(closing)

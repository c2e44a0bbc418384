-- Law 7: under one definition a person is counted at most once at a moment: the days on which a person's stays are
-- certain to be open, whatever the definition, do not overlap.
with

open_days as (
    select
        stay.person_key,
        greatest(counted.arrived_by, counted.known_from) as first_day,
        least(counted.open_until, counted.over_by, counted.known_to) as day_after
    from {{ ref('int_counting_stay') }} as counted
    inner join {{ ref('stay') }} as stay on counted.stay_id = stay.stay_id
),

in_order as (
    select
        person_key,
        first_day,
        max(day_after) over (
            partition by person_key
            order by first_day, day_after
            rows between unbounded preceding and 1 preceding
        ) as open_before_until
    from open_days
    where first_day < day_after
)

select
    person_key,
    first_day
from in_order
where first_day < open_before_until

-- Law 5: each leg sums to the level above; so do residents where no village lacks a
-- report. Asked at the last month end.
with

by_level as (
    select
        as_of,
        definition_id,
        level,
        coalesce(sum(hukou_population), 0) as hukou_population,
        sum(away) as away,
        sum(here) as here,
        coalesce(sum(persons), 0) as persons,
        sum(villages_without_report) as villages_without_report
    from {{ ref('resident') }}
    where as_of = {{ last_as_of() }}
    group by all
)

select
    as_of,
    definition_id
from by_level
group by all
having
    min(hukou_population) != max(hukou_population)
    or min(away) != max(away)
    or min(here) != max(here)
    or (max(villages_without_report) = 0 and min(persons) != max(persons))

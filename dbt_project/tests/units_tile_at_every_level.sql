-- Law 5: every level has the units of the one above, at the last month end.
with

by_level as (
    select
        as_of,
        definition_id,
        direction,
        level,
        sum(units) as units,
        sum(units_unknown) as units_unknown
    from {{ ref('unit_stock') }}
    where as_of = {{ last_as_of() }}
    group by all
)

select
    as_of,
    definition_id,
    direction
from by_level
group by all
having
    min(units) != max(units)
    or min(units_unknown) != max(units_unknown)

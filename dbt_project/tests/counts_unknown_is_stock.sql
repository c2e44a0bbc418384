-- Every stay that is unknown has one cause: the causes of a division sum to its unknown of stats.stock.
with

cause as (
    select
        definition_id,
        direction,
        level,
        division_code,
        sum(persons_unknown) as persons_unknown
    from {{ ref('unknown') }}
    where as_of = {{ last_as_of() }}
    group by all
),

stock as (
    select
        definition_id,
        direction,
        level,
        division_code,
        sum(persons_unknown) as persons_unknown
    from {{ ref('stock') }}
    where as_of = {{ last_as_of() }}
    group by all
    having sum(persons_unknown) > 0
)

select
    coalesce(cause.definition_id, stock.definition_id) as definition_id,
    coalesce(cause.direction, stock.direction) as direction,
    coalesce(cause.division_code, stock.division_code) as division_code,
    cause.persons_unknown as by_cause,
    stock.persons_unknown as in_stock
from cause
full join stock
    on
        cause.definition_id = stock.definition_id
        and cause.direction = stock.direction
        and cause.level = stock.level
        and cause.division_code = stock.division_code
where cause.persons_unknown is distinct from stock.persons_unknown

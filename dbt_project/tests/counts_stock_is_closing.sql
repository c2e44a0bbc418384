-- Law 5: the stock at the last month end, counted cell by cell, is what the month's changes lead to.
-- Villages are left out: at this level the view has as many rows as persons.
with

stock as (
    select
        definition_id,
        direction,
        level,
        division_code,
        sum(persons) as persons
    from {{ ref('stock') }}
    where as_of = {{ last_as_of() }} and level != 'village'
    group by all
),

change as (
    select
        definition_id,
        direction,
        level,
        division_code,
        closing
    from {{ ref('change') }}
    where month = {{ last_as_of() }} and level != 'village'
)

select
    definition_id,
    direction,
    level,
    division_code,
    stock.persons,
    change.closing
from stock
full join change using (definition_id, direction, level, division_code)
where coalesce(stock.persons, 0) != coalesce(change.closing, 0)

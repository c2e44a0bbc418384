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
    coalesce(stock.definition_id, change.definition_id) as definition_id,
    coalesce(stock.direction, change.direction) as direction,
    coalesce(stock.level, change.level) as level,
    coalesce(stock.division_code, change.division_code) as division_code,
    stock.persons,
    change.closing
from stock
full join change
    on
        stock.definition_id = change.definition_id
        and stock.direction = change.direction
        and stock.level = change.level
        and stock.division_code = change.division_code
where coalesce(stock.persons, 0) != coalesce(change.closing, 0)

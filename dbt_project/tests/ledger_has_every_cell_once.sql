-- Accounting: what the returns heard for a side count is what the ledger has for it, cell by cell and in sum, and each
-- month, pair of places and item is in it once.
with

returned as (
    select
        period,
        item,
        side,
        sum(persons) filter (where is_heard) as persons,
        count(*) filter (where is_heard) as cells
    from {{ ref('int_od_return') }}
    group by period, item, side
),

ledger as (
    {% for side in ['origin', 'destination'] %}
        select
            period,
            item,
            '{{ side }}' as side,
            sum(by_{{ side }}) as persons,
            sum({{ side }}_cells) as cells,
            count(*) - count(distinct origin_code || dest_code) as cells_twice
        from {{ ref('od_ledger') }}
        group by period, item
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    ledger.*,
    returned.persons as persons_returned,
    returned.cells as cells_returned
from ledger
full join returned
    on
        ledger.period = returned.period
        and ledger.item = returned.item
        and ledger.side = returned.side
where
    coalesce(ledger.persons, 0) != coalesce(returned.persons, 0)
    or coalesce(ledger.cells, 0) != coalesce(returned.cells, 0)
    or ledger.cells_twice > 0

-- Law 5: summed over origins, the origin-destination table is the stock of those who live at home; summed over
-- destinations, the stock of those whose hukou is there. Asked at the last month end.
with

home as (
    select place_code
    from {{ ref('int_counting_home') }}
    where known_from <= {{ last_as_of() }} and {{ last_as_of() }} < known_to
    group by place_code
),

od as (
    select
        definition_id,
        origin_code,
        dest_code,
        persons,
        persons_unknown
    from {{ ref('od') }}
    where as_of = {{ last_as_of() }}
),

margin as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            od.definition_id,
            '{{ direction }}' as direction,
            sum(od.persons) as persons,
            sum(od.persons_unknown) as persons_unknown
        from od
        inner join home on od.{{ place }} = home.place_code
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

stock as (
    select
        stock.definition_id,
        stock.direction,
        sum(stock.persons) as persons,
        sum(stock.persons_unknown) as persons_unknown
    from {{ ref('stock') }} as stock
    inner join {{ ref('stg_site') }} as site on stock.level = site.home_level
    where stock.as_of = {{ last_as_of() }}
    group by all
)

select
    coalesce(margin.definition_id, stock.definition_id) as definition_id,
    coalesce(margin.direction, stock.direction) as direction,
    margin.persons as persons_by_od,
    stock.persons as persons_by_stock
from margin
full join stock
    on
        margin.definition_id = stock.definition_id
        and margin.direction = stock.direction
where
    coalesce(margin.persons, 0) != coalesce(stock.persons, 0)
    or coalesce(margin.persons_unknown, 0) != coalesce(stock.persons_unknown, 0)

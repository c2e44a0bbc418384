with

side as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            '{{ direction }}' as direction,
            stay.{{ place }} as place_code,
            known.forms,
            last_day(known.from_day) as began_in,
            last_day(known.to_day) as stopped_in
        from {{ ref('int_known_interval') }} as known
        inner join {{ ref('int_counting_stay') }} as stay on known.part_number = stay.part_number
        where stay.{{ place }} in (select home.place_code from {{ ref('int_counting_home') }} as home)
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

event as (
    {% for month, persons in [('began_in', 1), ('stopped_in', -1)] %}
        select
            direction,
            place_code,
            forms,
            {{ month }} as month,
            {{ persons }} * count(*) as persons
        from side
        where began_in < stopped_in
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

by_place as (
    select
        month.as_of,
        event.direction,
        event.place_code,
        event.forms,
        sum(event.persons) as persons
    from {{ ref('int_counting_month') }} as month
    inner join event on month.as_of >= event.month
    group by all
)

select
    by_place.as_of,
    by_place.direction,
    home.level,
    home.division_code,
    by_place.forms,
    cast(sum(by_place.persons) as bigint) as persons
from by_place
{{ join_home('by_place.place_code', 'by_place.as_of') }}
group by all
having sum(by_place.persons) != 0

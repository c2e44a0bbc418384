{% set day_before_month = "cast(date_trunc('month', side.certain_from) - to_days(1) as date)" %}
with

-- every stay twice where both its ends are at home: it is a person in and a person out
side as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            counting.definition_id,
            '{{ direction }}' as direction,
            stay.{{ place }} as place_code,
            counting.certain_from,
            counting.certain_to,
            stay.arrived_by,
            stay.open_until,
            stay.known_from
        from {{ ref('int_counting_interval') }} as counting
        inner join {{ ref('int_counting_stay') }} as stay
            on counting.part_number = stay.part_number
        where
            counting.certain_from < counting.certain_to
            and stay.{{ place }} in (select home.place_code from {{ ref('int_counting_home') }} as home)
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

event as (
    select
        side.definition_id,
        side.direction,
        side.place_code,
        last_day(side.certain_from) as month,
        {{ began_by_arriving('side', 'side', day_before_month) }} as is_own,
        count(*) as began,
        0 as stopped
    from side
    group by all
    union all
    select
        side.definition_id,
        side.direction,
        side.place_code,
        last_day(side.certain_to) as month,
        {{ stopped_by_ending('side', 'side') }} as is_own,
        0 as began,
        count(*) as stopped
    from side
    group by all
),

by_place as (
    select
        month.as_of as month,
        event.definition_id,
        event.direction,
        event.place_code,
        sum(event.began - event.stopped) filter (where event.month <= month.opening_on) as opening,
        sum(event.began) filter (where event.month = month.as_of and event.is_own) as arrivals,
        sum(event.stopped) filter (where event.month = month.as_of and event.is_own) as departures,
        sum(event.began - event.stopped) filter (where event.month = month.as_of and not event.is_own) as other,
        sum(event.began - event.stopped) as closing
    from {{ ref('int_counting_month') }} as month
    inner join event on month.as_of >= event.month
    group by all
)

select
    by_place.month,
    by_place.definition_id,
    by_place.direction,
    home.level,
    home.division_code,
    cast(coalesce(sum(by_place.opening), 0) as bigint) as opening,
    cast(coalesce(sum(by_place.arrivals), 0) as bigint) as arrivals,
    cast(coalesce(sum(by_place.departures), 0) as bigint) as departures,
    cast(coalesce(sum(by_place.other), 0) as bigint) as other,
    cast(coalesce(sum(by_place.closing), 0) as bigint) as closing
from by_place
{{ join_home('by_place.place_code', 'by_place.month') }}
group by all
having opening != 0 or arrivals != 0 or departures != 0 or other != 0 or closing != 0

{#
    Whoever has all stays of a direction at one home place is counted there, and the levels are added up later; only of
    the others each division of each level is looked at by itself, so that they count once in every one of them.
#}
with

side as (
    {% for direction, place in [('in', 'dest_code'), ('out', 'origin_code')] %}
        select
            part.part_number,
            person.person_number,
            '{{ direction }}' as direction,
            part.{{ place }} as place_code,
            -- how long it lasted, as far as its beginning is known and its end is certain
            coalesce(
                stay.arrived_date, case when stay.arrived_after is not null then stay.arrived_before end
            ) as begun_on,
            case when part.open_until < {{ end_of_time() }} then part.open_until end as seen_until,
            part.over_by < {{ end_of_time() }}
            and coalesce(stay.end_kind not in ('unknown', 'lapsed', 'mistaken'), false) as is_ended
        from {{ ref('int_counting_stay') }} as part
        inner join {{ ref('stay') }} as stay on part.stay_id = stay.stay_id
        inner join {{ ref('int_frequency_person') }} as person on stay.person_key = person.person_key
        where part.{{ place }} in (select home.place_code from {{ ref('int_counting_home') }} as home)
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

measured as (
    select
        *,
        {{ month_number('begun_on') }} as begun_month,
        {{ month_number('seen_until') }} as seen_month,
        greatest({{ completed_months('begun_on', 'seen_until') }}, 0) as lasted_months
    from side
),

spread as (
    select
        person_number,
        direction,
        count(*) > 1 as is_repeated,
        min(place_code) != max(place_code) as is_spread
    from side
    group by person_number, direction
),

area as (
    select
        place_code as at_place,
        false as is_spread,
        cast(null as varchar) as level,
        place_code as area_code,
        0 as from_month,
        {{ month_number(end_of_time()) }} as to_month
    from side
    group by place_code
    union all
    select
        place_code as at_place,
        true as is_spread,
        level,
        division_code as area_code,
        {{ month_number('known_from') }} as from_month,
        {{ month_number('known_to') }} as to_month
    from {{ ref('int_counting_home') }}
)

select
    measured.part_number,
    measured.person_number,
    measured.direction,
    area.level,
    area.area_code,
    area.from_month,
    area.to_month,
    spread.is_repeated,
    measured.begun_month,
    measured.seen_month,
    measured.lasted_months,
    measured.is_ended
from measured
inner join spread
    on
        measured.person_number = spread.person_number
        and measured.direction = spread.direction
inner join area
    on
        measured.place_code = area.at_place
        and spread.is_spread = area.is_spread

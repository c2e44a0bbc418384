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

-- of whom an area counts the persons of a home place
counting_area as (
    select
        area_number,
        area_code as place_code,
        false as is_spread,
        {{ month_number(beginning_of_time()) }} as from_month,
        {{ month_number(end_of_time()) }} as to_month
    from {{ ref('int_frequency_area') }}
    where level is null
    union all
    select
        area.area_number,
        home.place_code,
        true as is_spread,
        {{ month_number('home.known_from') }} as from_month,
        {{ month_number('home.known_to') }} as to_month
    from {{ ref('int_counting_home') }} as home
    inner join {{ ref('int_frequency_area') }} as area
        on
            home.level = area.level
            and home.division_code = area.area_code
)

select
    measured.part_number,
    measured.person_number,
    measured.direction,
    counting_area.area_number,
    counting_area.from_month,
    counting_area.to_month,
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
inner join counting_area
    on
        measured.place_code = counting_area.place_code
        and spread.is_spread = counting_area.is_spread

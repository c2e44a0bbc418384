with

-- a stay has one part for each register that its two places have lived through, most often a single one
part as (
    select
        stay.*,
        greatest(
            coalesce(origin.known_from, {{ beginning_of_time() }}),
            coalesce(destination.known_from, {{ beginning_of_time() }})
        ) as known_from,
        least(
            coalesce(origin.known_to, {{ end_of_time() }}),
            coalesce(destination.known_to, {{ end_of_time() }})
        ) as known_to,
        {% for level in levels() -%}
            {{ crosses('origin', 'destination', level) }} as crosses_{{ level }},
        {% endfor -%}
        origin.is_city_district
        and destination.is_city_district
        and not {{ crosses('origin', 'destination', 'city') }} as is_intra_city
    from {{ ref('stay') }} as stay
    left join {{ ref('int_counting_place') }} as origin
        on stay.origin_code = origin.place_code
    left join {{ ref('int_counting_place') }} as destination
        on
            stay.dest_code = destination.place_code
            and coalesce(origin.known_from, {{ beginning_of_time() }}) < destination.known_to
            and destination.known_from < coalesce(origin.known_to, {{ end_of_time() }})
)

select
    cast(row_number() over (
        order by part.origin_code, part.dest_code, part.stay_id, part.known_from
    ) as integer) as part_number,
    part.stay_id,
    part.origin_code,
    part.dest_code,
    person.sex,
    person.birth_date,
    person.hukou_nature,
    nullif(part.reason_code, 'UNKNOWN') as reason_code,
    part.left_hukou_date,
    coalesce(part.left_hukou_date, cast(part.left_hukou_after + to_days(1) as date)) as left_from,
    coalesce(part.left_hukou_date, part.left_hukou_before) as left_by,
    part.arrived_date,
    -- open at the earliest from the first day, for certain from the second; a list that shows the stay proves more
    -- than a later date of leaving
    coalesce(
        part.arrived_date,
        least(
            greatest(
                coalesce(
                    part.left_hukou_date,
                    cast(part.left_hukou_after + to_days(1) as date),
                    {{ beginning_of_time() }}
                ),
                coalesce(cast(part.arrived_after + to_days(1) as date), {{ beginning_of_time() }})
            ),
            part.arrived_before
        )
    ) as arrived_from,
    coalesce(part.arrived_date, part.arrived_before, {{ end_of_time() }}) as arrived_by,
    -- open for certain until the first day, possibly until the second
    coalesce(
        part.ended_date,
        cast(part.ended_after + to_days(1) as date),
        case when part.ended_before is null then {{ end_of_time() }} else {{ beginning_of_time() }} end
    ) as open_until,
    coalesce(part.ended_date, part.ended_before, {{ end_of_time() }}) as over_by,
    part.known_from,
    part.known_to,
    {% for level in levels() -%}
        part.crosses_{{ level }},
    {% endfor -%}
    part.is_intra_city
from part
inner join {{ ref('person') }} as person on part.person_key = person.person_key

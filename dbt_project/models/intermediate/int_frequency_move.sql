{#
    Moves as the frequency figures need them: the first and the last month a move may lie in, and the boundaries between
    its two ends in the register of the day it may have happened at the latest. Few ways differ in the boundaries that
    they cross, so each such way has a number, and a definition is asked of it once.
#}
with dated as (
    select
        person.person_number,
        move.move_number,
        move.move_kind,
        move.from_code,
        move.to_code,
        coalesce(move.moved_on, {{ plus_days('move.moved_after', '1') }}, {{ beginning_of_time() }}) as moved_from,
        coalesce(move.moved_on, move.moved_before, {{ end_of_time() }}) as moved_by
    from {{ ref('move') }} as move
    inner join {{ ref('int_frequency_person') }} as person on move.person_key = person.person_key
),

crossing as (
    select
        dated.person_number,
        dated.move_number,
        dated.move_kind,
        {{ month_number('dated.moved_from') }} as first_month,
        {{ month_number('dated.moved_by') }} as last_month,
        {% for level in levels() -%}
            {{ crosses('origin', 'destination', level) }} as crosses_{{ level }},
        {% endfor -%}
        origin.is_city_district
        and destination.is_city_district
        and not {{ crosses('origin', 'destination', 'city') }} as is_intra_city
    from dated
    {{ join_place('origin', 'dated.from_code', 'dated.moved_by', ref('int_counting_place')) }}
    {{ join_place('destination', 'dated.to_code', 'dated.moved_by', ref('int_counting_place')) }}
)

select
    *,
    cast(dense_rank() over (
        order by
            {% for level in levels() -%}
                crosses_{{ level }},
            {% endfor -%}
            is_intra_city
    ) as integer) as way_number
from crossing

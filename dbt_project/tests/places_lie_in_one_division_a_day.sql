-- Where a place lay is known for every day, once.
with followed as (
    select
        place_code,
        known_from,
        known_to,
        lag(known_to) over (partition by place_code order by known_from) as previous_to,
        lead(known_from) over (partition by place_code order by known_from) as next_from
    from {{ ref('int_counting_place') }}
)

select *
from followed
where
    coalesce(previous_to, {{ beginning_of_time() }}) != known_from
    or coalesce(next_from, {{ end_of_time() }}) != known_to

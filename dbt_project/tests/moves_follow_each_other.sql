-- A person's moves are a way: it begins at the hukou place, goes on from a destination it led to, and leads away from
-- home again only after a return. Two stays at places that may be one are one stop of the way.
with followed as (
    select
        person_key,
        move_number,
        move_kind,
        from_stay_id,
        to_stay_id,
        lag(move_kind) over (partition by person_key order by move_number) as previous_kind,
        lag(to_stay_id) over (partition by person_key order by move_number) as previous_to_stay_id
    from {{ ref('move') }}
    where {{ is_touched() }}
)

select *
from followed
where
    (previous_kind is null and move_kind != 'departure')
    or (move_kind = 'redeparture') != coalesce(previous_kind = 'return', false)
    or (from_stay_id is null) != (move_kind in ('departure', 'redeparture'))
    or (to_stay_id is null) != (move_kind = 'return')
    or (from_stay_id is not null and previous_to_stay_id is null)

{{ per_person() }}

{%- set is_from_home = "arrival_kind in ('departure', 'redeparture')" -%}
with arrival as (
    select
        person_key,
        stay_number,
        1 as step,
        arrival_kind as move_kind,
        case when {{ is_from_home }} then origin_code else previous_dest_code end as from_code,
        case when {{ is_from_home }} then origin_level else previous_dest_level end as from_level,
        dest_code as to_code,
        dest_level as to_level,
        arrived_date as moved_on,
        case when arrived_date is null then arrived_after end as moved_after,
        case when arrived_date is null then arrived_before end as moved_before,
        case when not {{ is_from_home }} then previous_stay_id end as from_stay_id,
        stay_id as to_stay_id
    from {{ ref('int_move_passage') }}
    where arrival_kind is not null
),

homecoming as (
    select
        person_key,
        stay_number,
        2 as step,
        'return' as move_kind,
        dest_code as from_code,
        dest_level as from_level,
        origin_code as to_code,
        origin_level as to_level,
        ended_date as moved_on,
        ended_after as moved_after,
        case when ended_date is null then least(ended_before, home_by) end as moved_before,
        stay_id as from_stay_id,
        cast(null as varchar) as to_stay_id
    from {{ ref('int_move_passage') }}
    where is_return
),

moves as (
    select *
    from arrival
    union all
    select *
    from homecoming
)

select
    person_key,
    cast(row_number() over (partition by person_key order by stay_number, step) as integer) as move_number,
    move_kind,
    from_code,
    from_level,
    to_code,
    to_level,
    moved_on,
    moved_after,
    moved_before,
    from_stay_id,
    to_stay_id
from moves

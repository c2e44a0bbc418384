{#
    What lies between a stay and the one before it. That somebody was at home in between is proven by a return, or by
    leaving the hukou place after the earlier stay is last heard of; that somebody was not, by moving on, or by leaving
    the hukou place while the earlier stay still went on. Anything else is a gap that nothing explains.
#}
{%- set same_place = compatible_places('dest_code', 'dest_path', 'previous_dest_code', 'previous_dest_path') -%}
with stay as (
    select
        *,
        coalesce(ended_date, ended_after, arrived_date, arrived_before) as heard_until,
        coalesce(
            ended_date, {{ plus_days('coalesce(ended_after, arrived_date, arrived_before)', '1') }}
        ) as not_heard_from,
        coalesce({{ plus_days('ended_date', '-1') }}, ended_after) as open_on,
        coalesce(left_hukou_date, {{ plus_days('left_hukou_after', '1') }}) as left_from,
        coalesce(left_hukou_date, left_hukou_before) as left_by
    from {{ ref('int_stay') }}
),

followed as (
    select
        *,
        lag(stay_id) over person as previous_stay_id,
        lag(end_kind) over person as previous_end_kind,
        lag(dest_code) over person as previous_dest_code,
        lag(dest_level) over person as previous_dest_level,
        lag(dest_path) over person as previous_dest_path,
        lag(heard_until) over person as previous_heard_until,
        lag(not_heard_from) over person as previous_not_heard_from,
        lag(open_on) over person as previous_open_on,
        lead(left_from) over person as next_left_from,
        lead(left_by) over person as next_left_by
    from stay
    window person as (partition by person_key order by stay_number)
)

select
    person_key,
    stay_id,
    stay_number,
    origin_code,
    origin_level,
    dest_code,
    dest_level,
    previous_stay_id,
    previous_dest_code,
    previous_dest_level,
    -- nothing where somebody was away all the time and maybe never elsewhere
    case
        when previous_stay_id is null or previous_end_kind = 'hukou_transferred' then 'departure'
        when previous_end_kind = 'returned' or left_from > previous_heard_until then 'redeparture'
        when coalesce(previous_end_kind != 'moved_on', true) and coalesce(left_by >= previous_not_heard_from, true)
            then 'unexplained'
        when not {{ same_place }} then 'onward'
    end as arrival_kind,
    arrived_date,
    arrived_before,
    -- whatever must lie before the arrival, unless it contradicts it
    greatest(
        case when arrived_after < arrived_before then arrived_after end,
        case when left_from <= arrived_before then {{ plus_days('left_from', '-1') }} end,
        case when previous_open_on < arrived_before then previous_open_on end
    ) as arrived_after,
    end_kind,
    ended_date,
    ended_after,
    ended_before,
    case
        when end_kind = 'returned' then true
        when end_kind = 'hukou_transferred' then false
        else coalesce(next_left_from > heard_until, false)
    end as is_return,
    case when next_left_from > heard_until then next_left_by end as home_by
from followed

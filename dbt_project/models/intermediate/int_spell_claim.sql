with spells as (
    select
        person_key,
        form_id,
        unit_code,
        spell_number,
        min(side) as side,
        min(reported_on) as first_reported,
        max(reported_on) as last_reported,
        max(case when not is_removal then reported_on end) as last_present_on,
        min(case when is_removal then reported_on end) as removed_on,
        min_by(is_elsewhere and not is_restart, reported_on) as is_moved_to,
        min(origin_place) as origin_place,
        min(dest_place) as dest_place,
        min_by({{ packed_code('dest_place') }}, reported_on) filter (where dest_place is not null) as first_dest_code,
        max_by(claimed_start, reported_on) filter (where claimed_start is not null) as claimed_start,
        max_by(left_hukou_date, reported_on) filter (where left_hukou_date is not null) as left_hukou_date,
        max_by(ended_date, reported_on) filter (where ended_date is not null) as ended_date,
        max_by(reason_code, reported_on) filter (where reason_code is not null) as reason_code,
        max_by(dwelling_code, reported_on) filter (where dwelling_code is not null) as dwelling_code,
        sum(claims) as claims
    from {{ ref('int_spell_row') }}
    group by person_key, form_id, unit_code, spell_number
),

neighbours as (
    select
        *,
        ended_date is not null or removed_on is not null as is_closed,
        lead(first_reported) over track as next_first_reported,
        lead(is_moved_to) over track as next_is_moved_to,
        lag(ended_date is not null or removed_on is not null) over track as previous_is_closed,
        -- the last day on which the previous spell is certain, and the first on which it is over
        lag(coalesce(ended_date, last_present_on)) over track as previous_last_on,
        lag(coalesce(ended_date, removed_on, last_reported)) over track as previous_gone_on
    from spells
    window track as (partition by person_key, form_id, unit_code order by spell_number)
),

begun as (
    select
        *,
        coalesce(is_moved_to and not previous_is_closed, false) as is_onward_move,
        case
            when previous_gone_on is null then claimed_start
            when is_moved_to and not previous_is_closed then null
            when previous_last_on is null or claimed_start >= previous_last_on then claimed_start
        end as arrived_date
    from neighbours
)

select
    person_key,
    form_id,
    unit_code,
    spell_number,
    side,
    first_reported,
    last_reported,
    last_present_on,
    removed_on,
    is_onward_move,
    is_closed,
    origin_place,
    dest_place,
    first_dest_code,
    left_hukou_date,
    ended_date,
    reason_code,
    dwelling_code,
    claims,
    next_first_reported,
    coalesce(next_is_moved_to and not is_closed, false) as is_followed_by_move,
    arrived_date,
    case when arrived_date is null then {{ not_after('previous_gone_on', 'first_reported') }} end as arrived_after,
    case when arrived_date is null then first_reported end as arrived_before,
    sum(case when is_onward_move then 0 else 1 end) over (
        partition by person_key, form_id, unit_code
        order by spell_number
        rows between unbounded preceding and current row
    ) as absence_number
from begun

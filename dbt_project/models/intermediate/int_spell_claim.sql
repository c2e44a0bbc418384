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
        min_by(is_restart, reported_on) as is_restart,
        min_by(least(reported_on, ended_date), reported_on) as first_said_on,
        min(origin_place) as origin_place,
        min(dest_place) as dest_place,
        min_by({{ packed_code('dest_place') }}, reported_on) filter (where dest_place is not null) as first_dest_code,
        max_by(claimed_start, reported_on) filter (where claimed_start is not null) as claimed_start,
        max_by(arrived_date, reported_on) filter (where arrived_date is not null) as said_arrived_date,
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
        lead(is_moved_to) over track as next_is_moved_to,
        lag(ended_date is not null or removed_on is not null) over track as previous_is_closed,
        -- the last day on which the previous spell is certain, and the first on which it is over
        lag(coalesce(ended_date, last_present_on)) over track as previous_last_on,
        lag(coalesce(ended_date, removed_on, last_reported)) over track as previous_gone_on,
        -- the day of leaving is also the day of arrival, unless an outflow list knows better
        case
            when side = 'origin' and (said_arrived_date is null or said_arrived_date < left_hukou_date)
                then left_hukou_date
            else said_arrived_date
        end as said_start
    from spells
    window track as (partition by person_key, form_id, unit_code order by spell_number)
),

seen as (
    select
        *,
        coalesce(is_moved_to and not previous_is_closed, false) as is_onward_move,
        -- the day by which the person is known to have come: the first report, or an earlier end that it names
        case
            when previous_last_on is null or first_said_on > previous_last_on then first_said_on
            else first_reported
        end as first_seen_on
    from neighbours
),

begun as (
    select
        *,
        case
            when previous_gone_on is null then said_start
            when is_onward_move then null
            when previous_last_on is null or said_start >= previous_last_on then said_start
        end as arrived_date,
        -- the day by which the spell before must be over
        case
            when is_restart and claimed_start > previous_last_on then least(claimed_start, first_seen_on)
            when not is_onward_move and (previous_last_on is null or said_start >= previous_last_on)
                then least(said_start, first_seen_on)
            else first_seen_on
        end as again_on
    from seen
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
    is_closed,
    origin_place,
    dest_place,
    first_dest_code,
    left_hukou_date,
    ended_date,
    reason_code,
    dwelling_code,
    claims,
    coalesce(next_is_moved_to and not is_closed, false) as is_followed_by_move,
    lead(again_on) over track as next_again_on,
    arrived_date,
    case when arrived_date is null then {{ not_after('previous_gone_on', 'first_seen_on') }} end as arrived_after,
    case when arrived_date is null then first_seen_on end as arrived_before,
    sum(case when is_onward_move then 0 else 1 end) over (
        partition by person_key, form_id, unit_code
        order by spell_number
        rows between unbounded preceding and current row
    ) as absence_number
from begun
window track as (partition by person_key, form_id, unit_code order by spell_number)

{#
    What the rows of a spell claim together. The latest claim of a date counts; where it is a month, a year or a range,
    the narrowest claim that lies in it says the same better.
#}
with spells as (
    select
        person_key,
        form_id,
        unit_code,
        side,
        spell_number,
        min(reported_on) as first_reported,
        max(reported_on) as last_reported,
        max(case when not is_removal and not is_doubt then reported_on end) as last_present_on,
        max(case when not is_removal and not is_doubt and ended_span is null then reported_on end) as last_open_on,
        max(case when is_doubt then reported_on end) as last_doubted_on,
        max(case when doubt_span is not null then reported_on end) as doubt_dated_on,
        max_by(doubt_span, reported_on) filter (where doubt_span is not null) as doubt_span,
        max_by(end_word, reported_on) filter (where is_doubt) as doubt_word,
        min(end_word) as end_word,
        max(confirmed_on) as confirmed_on,
        min(case when is_removal then reported_on end) as removed_on,
        min(case when is_removal or ended_span is not null then reported_on end) as end_said_on,
        min_by(is_elsewhere and not is_restart, reported_on) as is_moved_to,
        min_by(is_restart, reported_on) as is_restart,
        min_by(
            least(reported_on, {{ span_to('ended_span') }}, {{ span_to('doubt_span') }}), reported_on
        ) as first_said_on,
        min(origin_place) as origin_place,
        min(dest_place) as dest_place,
        min_by({{ packed_code('dest_place') }}, reported_on) filter (where dest_place is not null) as first_dest_code,
        max_by(left_span, reported_on) filter (where left_span is not null) as left_span,
        max_by(arrived_span, reported_on) filter (where arrived_span is not null) as arrived_span,
        max_by(ended_span, reported_on) filter (where ended_span is not null) as ended_span,
        max_by(reason_code, reported_on) filter (where reason_code is not null) as reason_code,
        max_by(dwelling_code, reported_on) filter (where dwelling_code is not null) as dwelling_code,
        sum(claims) as claims
    from {{ ref('int_spell_row') }}
    group by person_key, form_id, unit_code, side, spell_number
),

narrowed as (
    select
        r.person_key,
        r.form_id,
        r.unit_code,
        r.side,
        r.spell_number,
        max_by(r.left_span, {{ order_key(['-' ~ span_width('r.left_span'), 'r.reported_on']) }})
        filter (where {{ lies_in('r.left_span', 's.left_span') }}) as left_span,
        max_by(r.arrived_span, {{ order_key(['-' ~ span_width('r.arrived_span'), 'r.reported_on']) }})
        filter (where {{ lies_in('r.arrived_span', 's.arrived_span') }}) as arrived_span,
        max_by(r.ended_span, {{ order_key(['-' ~ span_width('r.ended_span'), 'r.reported_on']) }})
        filter (where {{ lies_in('r.ended_span', 's.ended_span') }}) as ended_span
    from spells as s
    inner join {{ ref('int_spell_row') }} as r
        on
            s.person_key = r.person_key
            and s.form_id = r.form_id
            and s.unit_code = r.unit_code
            and s.side = r.side
            and s.spell_number = r.spell_number
    where {{ is_vague('s.left_span') }} or {{ is_vague('s.arrived_span') }} or {{ is_vague('s.ended_span') }}
    group by r.person_key, r.form_id, r.unit_code, r.side, r.spell_number
),

claimed as (
    select
        s.*,
        coalesce(n.left_span, s.left_span) as best_left_span,
        coalesce(n.arrived_span, s.arrived_span) as best_arrived_span,
        coalesce(n.ended_span, s.ended_span) as best_ended_span
    from spells as s
    left join narrowed as n
        on
            s.person_key = n.person_key
            and s.form_id = n.form_id
            and s.unit_code = n.unit_code
            and s.side = n.side
            and s.spell_number = n.spell_number
),

dated as (
    select
        *,
        {{ span_from('best_left_span') }} as left_from,
        {{ span_to('best_left_span') }} as left_to,
        {{ span_from('best_arrived_span') }} as arrived_from,
        {{ span_to('best_arrived_span') }} as arrived_to,
        {{ span_from('best_ended_span') }} as ended_from,
        {{ span_to('best_ended_span') }} as ended_to,
        coalesce(last_doubted_on = last_reported, false) as is_doubtful,
        case when coalesce(doubt_dated_on > last_present_on, true) then {{ span_from('doubt_span') }} end as doubt_from,
        case when coalesce(doubt_dated_on > last_present_on, true) then {{ span_to('doubt_span') }} end as doubt_to
    from claimed
),

-- an end known only to a month lies behind the last list without it, and before the first list that says it
bounded as (
    select
        *,
        case
            when last_open_on >= ended_from and last_open_on < ended_to
                then {{ plus_days('last_open_on', '1') }}
            else ended_from
        end as end_from,
        case
            when end_said_on >= ended_from and end_said_on < ended_to then end_said_on
            else ended_to
        end as end_to,
        -- the last day before somebody is missed or a registration lapses, in the same way
        case
            when not is_doubtful then null
            when doubt_from is null then last_present_on
            when last_present_on >= doubt_from and last_present_on < doubt_to then last_present_on
            else {{ plus_days('doubt_from', '-1') }}
        end as undoubted_on,
        case side when 'origin' then left_from else arrived_from end as claimed_from,
        case side when 'origin' then left_to else arrived_to end as claimed_to,
        -- the day of leaving is also the day of arrival, unless an outflow list knows better
        side = 'origin' and (arrived_to is null or arrived_to < left_from) as is_arrival_leaving
    from dated
),

neighbours as (
    select
        *,
        end_to is not null or removed_on is not null as is_closed,
        lead(is_moved_to) over track as next_is_moved_to,
        lag(end_to is not null or removed_on is not null) over track as previous_is_closed,
        -- the last day on which the previous spell is certain, and the first on which it is over
        lag(case when is_doubtful then undoubted_on else coalesce(end_from, last_present_on) end) over track
            as previous_last_on,
        lag(case when is_doubtful then undoubted_on else coalesce(end_from, removed_on, last_reported) end) over track
            as previous_gone_on,
        case
            when is_arrival_leaving then left_from
            when side = 'origin' then {{ not_before('arrived_from', 'left_from') }}
            else arrived_from
        end as said_from,
        case when is_arrival_leaving then left_to else arrived_to end as said_to
    from bounded
    window track as (partition by person_key, form_id, unit_code, side order by spell_number)
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

-- a start is believed where it may lie behind the spell before
believed as (
    select
        *,
        not is_onward_move and (previous_last_on is null or said_to >= previous_last_on) as is_start_believed
    from seen
),

begun as (
    select
        *,
        case when is_start_believed then {{ not_before('said_from', 'previous_last_on') }} end as start_from,
        case
            when is_start_believed and {{ not_before('said_from', 'previous_last_on') }} <= first_seen_on
                then least(said_to, first_seen_on)
            when is_start_believed then said_to
        end as start_to,
        -- the day by which the spell before must be over
        case
            when is_restart and claimed_from > previous_last_on then least(claimed_to, first_seen_on)
            when is_start_believed then least(said_to, first_seen_on)
            else first_seen_on
        end as again_on
    from believed
)

select
    person_key,
    form_id,
    unit_code,
    side,
    spell_number,
    first_reported,
    last_reported,
    last_present_on,
    removed_on,
    is_closed,
    is_doubtful,
    undoubted_on,
    case when is_closed then {{ end_kind_of('case when ' ~ says_gone('end_word') ~ ' then end_word end') }} end
        as said_end_kind,
    case when is_doubtful then {{ end_kind_of('doubt_word') }} end as doubt_kind,
    confirmed_on,
    origin_place,
    dest_place,
    first_dest_code,
    best_left_span as left_span,
    end_from,
    end_to,
    reason_code,
    dwelling_code,
    claims,
    coalesce(next_is_moved_to and not is_closed, false) as is_followed_by_move,
    lead(again_on) over track as next_again_on,
    {{ pack_span('start_from', 'start_to') }} as arrived_span,
    {{ published_date('start_from', 'start_to') }} as arrived_date,
    case
        when start_to is null then {{ not_after('previous_gone_on', 'first_seen_on') }}
        else {{ published_after('start_from', 'start_to') }}
    end as arrived_after,
    case
        when start_to is null then first_seen_on
        else {{ published_before('start_from', 'start_to') }}
    end as arrived_before,
    sum(case when is_onward_move then 0 else 1 end) over (
        partition by person_key, form_id, unit_code, side
        order by spell_number
        rows between unbounded preceding and current row
    ) as absence_number
from begun
window track as (partition by person_key, form_id, unit_code, side order by spell_number)

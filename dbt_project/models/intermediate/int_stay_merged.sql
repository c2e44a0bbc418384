{{ config(materialized='view') }}

{%- set arrival = order_key([
    'is_arrival_unsaid', 'arrived_date_rank', 'arrived_span', 'arrived_before', 'spell_rank',
]) -%}
{%- set better_left = order_key([span_width('s.left_span'), 's.left_hukou_date_rank', 's.left_span']) -%}
{%- set better_arrival = order_key([
    span_width('s.arrived_span'), 's.arrived_date_rank', 's.arrived_span', 's.spell_rank',
]) -%}
{%- set better_end = order_key([span_width('s.ended_span'), 's.presence_rank', 's.ended_span', 's.spell_rank']) -%}
{%- set presence = order_key(['is_presence', 'presence_rank', 'end_order', 'certain_order', 'spell_rank']) -%}
{%- set better_origin = order_key([
    packed_precision('origin_place'), 'origin_rank', 'report_order', 'origin_place',
]) -%}
with members as (
    select
        s.*,
        m.stay_rank,
        p.left_hukou_date_rank,
        p.arrived_date_rank,
        p.presence_rank,
        p.origin_rank,
        p.reason_code_rank,
        p.dwelling_code_rank,
        -- where the hukou has come to the destination, living on there is no more floating
        case when s.end_kind = 'hukou_transferred' then 0 else 1 end as is_presence,
        -- the spell that lasts longest says how the stay ended; of those without an end, the one last known of
        {{ latest_first("coalesce(s.ended_date, s.ended_before, date '9999-12-31')") }} as end_order,
        {{ latest_first("coalesce(s.certain_on, date '0001-01-01')") }} as certain_order,
        {{ latest_first('s.last_reported') }} as report_order,
        case when s.arrived_span is null then 1 else 0 end as is_arrival_unsaid
    from {{ ref('int_spell') }} as s
    inner join {{ ref('int_stay_spell') }} as m
        on
            s.person_key = m.person_key
            and s.spell_rank = m.spell_rank
    inner join {{ ref('int_precedence') }} as p
        on s.form_id = p.form_id
),

merged as (
    select
        person_key,
        stay_rank,
        min_by(origin_place, {{ better_origin }}) filter (where origin_place is not null) as origin_place,
        min(dest_place) as dest_place,
        min_by(first_dest_code, {{ order_key(['first_reported', 'spell_rank']) }}) as first_dest_code,
        min_by(left_span, {{ order_key(['left_hukou_date_rank', 'left_span']) }})
        filter (where left_span is not null) as left_span,
        min_by(spell_rank, {{ arrival }}) as arrival_spell,
        min_by(spell_rank, {{ presence }}) as presence_spell,
        min_by(reason_code, {{ order_key(['reason_code_rank', 'report_order', 'reason_code']) }})
        filter (where reason_code is not null) as reason_code,
        min_by(dwelling_code, {{ order_key(['dwelling_code_rank', 'report_order', 'dwelling_code']) }})
        filter (where dwelling_code is not null) as dwelling_code,
        max(
            case
                when end_kind is null or end_kind = 'lapsed' then coalesce(confirmed_until, date '9999-12-31')
            end
        ) as confirmed_until,
        sum(claims) as evidence_count,
        {{ distinct_names('form_id', "'+'") }} as forms,
        min(first_reported) as first_reported,
        max(last_reported) as last_reported
    from members
    group by person_key, stay_rank
),

based as (
    select
        m.*,
        a.arrived_span,
        -- absence from a list says as much as a vague claim: the end lies in these days
        case
            when e.end_kind = 'absent_from_list' and e.ended_after < e.ended_before
                then {{ pack_span(plus_days('e.ended_after', '1'), 'e.ended_before') }}
            else e.ended_span
        end as ended_span,
        nullif(e.end_kind, 'lapsed') as base_end_kind
    from merged as m
    inner join {{ ref('int_spell') }} as e
        on
            m.person_key = e.person_key
            and m.presence_spell = e.spell_rank
    inner join {{ ref('int_spell') }} as a
        on
            m.person_key = a.person_key
            and m.arrival_spell = a.spell_rank
),

-- a month, a year, a range or an absence yields to the narrowest claim of another form or unit that lies in it
narrowed as (
    select
        b.person_key,
        b.stay_rank,
        min_by(s.left_span, {{ better_left }}) filter (where {{ lies_in('s.left_span', 'b.left_span') }}) as left_span,
        min_by(s.spell_rank, {{ better_arrival }})
        filter (where {{ lies_in('s.arrived_span', 'b.arrived_span') }}) as arrival_spell,
        min_by(s.spell_rank, {{ better_end }})
        filter (where {{ lies_in('s.ended_span', 'b.ended_span') }}) as presence_spell
    from based as b
    inner join members as s
        on
            b.person_key = s.person_key
            and b.stay_rank = s.stay_rank
    where {{ is_vague('b.left_span') }} or {{ is_vague('b.arrived_span') }} or {{ is_vague('b.ended_span') }}
    group by b.person_key, b.stay_rank
),

bounded as (
    select
        b.*,
        {{ span_from('coalesce(n.left_span, b.left_span)') }} as left_from,
        {{ span_to('coalesce(n.left_span, b.left_span)') }} as left_to,
        a.arrived_date,
        a.arrived_after,
        a.arrived_before,
        case when b.base_end_kind is not null then e.ended_date end as ended_date,
        case when b.base_end_kind is not null then e.ended_after end as ended_after,
        case when b.base_end_kind is not null then e.ended_before end as ended_before,
        a.arrived_span is not null as is_arrival_said,
        case when b.base_end_kind = 'absent_from_list' then e.end_kind else b.base_end_kind end as end_kind
    from based as b
    left join narrowed as n
        on
            b.person_key = n.person_key
            and b.stay_rank = n.stay_rank
    inner join {{ ref('int_spell') }} as e
        on
            b.person_key = e.person_key
            and coalesce(n.presence_spell, b.presence_spell) = e.spell_rank
    inner join {{ ref('int_spell') }} as a
        on
            b.person_key = a.person_key
            and coalesce(n.arrival_spell, b.arrival_spell) = a.spell_rank
),

-- where two sides contradict each other, nothing ends before it began
ordered as (
    select
        *,
        {{ not_before('ended_date', 'coalesce(arrived_date, arrived_after)') }} as ordered_ended_date,
        {{ not_after('arrived_before', not_before('ended_date', 'arrived_after')) }} as ordered_arrived_before
    from bounded
)

select
    person_key,
    stay_rank,
    origin_place,
    dest_place,
    first_dest_code,
    -- whoever has arrived has left: a later claim yields to a known arrival, and is no knowledge beside an unknown one
    case
        when left_from <= coalesce(arrived_date, ordered_arrived_before) then left_from
        when left_from is not null then arrived_date
    end as left_from,
    case
        when left_from <= coalesce(arrived_date, ordered_arrived_before)
            then {{ not_after('left_to', 'coalesce(arrived_date, ordered_arrived_before)') }}
        when left_from is not null then arrived_date
    end as left_to,
    arrived_date,
    arrived_after,
    ordered_arrived_before as arrived_before,
    is_arrival_said,
    ordered_ended_date as ended_date,
    ended_after,
    ended_before,
    end_kind,
    -- of a stay that nothing has ended: the latest day for which any of its spells vouches
    case when end_kind is null then nullif(confirmed_until, date '9999-12-31') end as confirmed_until,
    reason_code,
    dwelling_code,
    evidence_count,
    forms,
    first_reported,
    last_reported
from ordered

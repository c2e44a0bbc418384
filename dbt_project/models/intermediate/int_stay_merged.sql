{{ config(materialized='view') }}

{%- set arrival = order_key(['has_no_arrival', 'arrived_date_rank', 'arrived_date', 'arrived_before', 'spell_rank']) -%}
{%- set presence = order_key(['presence_rank', 'end_order', 'spell_rank']) -%}
with members as (
    select
        s.*,
        m.stay_rank,
        p.left_hukou_date_rank,
        p.arrived_date_rank,
        p.presence_rank,
        p.reason_code_rank,
        p.dwelling_code_rank,
        -- the spell that lasts longest says how the stay ended
        {{ latest_first("coalesce(s.ended_date, s.ended_before, date '9999-12-31')") }} as end_order,
        {{ latest_first('s.last_reported') }} as report_order,
        case when s.arrived_date is null then 1 else 0 end as has_no_arrival
    from {{ ref('int_spell') }} as s
    inner join {{ ref('int_stay_spell') }} as m
        on
            s.person_key = m.person_key
            and s.spell_rank = m.spell_rank
    inner join {{ ref('int_precedence') }} as p
        on
            s.form_id = p.form_id
            and s.side = p.side
),

merged as (
    select
        person_key,
        stay_rank,
        min(origin_place) as origin_place,
        min(dest_place) as dest_place,
        min_by(first_dest_code, {{ order_key(['first_reported', 'spell_rank']) }}) as first_dest_code,
        min_by(left_hukou_date, {{ order_key(['left_hukou_date_rank', 'left_hukou_date']) }})
        filter (where left_hukou_date is not null) as left_hukou_date,
        min_by(spell_rank, {{ arrival }}) as arrival_spell,
        min_by(spell_rank, {{ presence }}) as presence_spell,
        min_by(reason_code, {{ order_key(['reason_code_rank', 'report_order', 'reason_code']) }})
        filter (where reason_code is not null) as reason_code,
        min_by(dwelling_code, {{ order_key(['dwelling_code_rank', 'report_order', 'dwelling_code']) }})
        filter (where dwelling_code is not null) as dwelling_code,
        sum(claims) as evidence_count,
        {{ dbt.listagg('distinct form_id', "'+'", 'order by form_id') }} as forms,
        min(first_reported) as first_reported,
        max(last_reported) as last_reported
    from members
    group by person_key, stay_rank
),

bounded as (
    select
        m.*,
        a.arrived_date,
        a.arrived_after,
        a.arrived_before,
        e.ended_date,
        e.ended_after,
        e.ended_before,
        e.end_kind
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
        when left_hukou_date <= coalesce(arrived_date, ordered_arrived_before) then left_hukou_date
        when left_hukou_date is not null then arrived_date
    end as left_hukou_date,
    arrived_date,
    arrived_after,
    ordered_arrived_before as arrived_before,
    ordered_ended_date as ended_date,
    ended_after,
    ended_before,
    end_kind,
    reason_code,
    dwelling_code,
    evidence_count,
    forms,
    first_reported,
    last_reported
from ordered

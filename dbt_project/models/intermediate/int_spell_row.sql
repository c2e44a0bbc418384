{#
    A row goes on with the spell before it unless it is elsewhere, says a later start, or comes after an end. Elsewhere is
    judged by the most precise destination the spell has had so far; where a track never became less precise, that is
    the row before. Only the other tracks are walked step by step.
#}
{%- set known_place = 'case when c.position is null then t.previous_dest_place else c.dest_place end' -%}
with recursive wavering as (
    select
        person_key,
        form_id,
        unit_code,
        side
    from {{ ref('int_track_row') }}
    group by person_key, form_id, unit_code, side
    having
        max(
            case
                when {{ packed_rank('previous_dest_place') }} < coalesce({{ packed_rank('dest_place') }}, 'z') then 1
                else 0
            end
        ) = 1
),

steps as (
    select
        t.person_key,
        t.form_id,
        t.unit_code,
        t.side,
        t.position,
        t.dest_place,
        t.is_restart or t.is_after_end as is_anew
    from {{ ref('int_track_row') }} as t
    inner join wavering as w
        on
            t.person_key = w.person_key
            and t.form_id = w.form_id
            and t.unit_code = w.unit_code
            and t.side = w.side
),

carried as (
    select
        person_key,
        form_id,
        unit_code,
        side,
        position,
        dest_place
    from steps
    where position = 1
    union all
    select
        s.person_key,
        s.form_id,
        s.unit_code,
        s.side,
        s.position,
        case when {{ keeps_place('s', 'c') }} then c.dest_place else s.dest_place end as dest_place
    from carried as c
    inner join steps as s
        on
            c.person_key = s.person_key
            and c.form_id = s.form_id
            and c.unit_code = s.unit_code
            and c.side = s.side
            and c.position + 1 = s.position
),

compared as (
    select
        t.*,
        t.previous_reported_on is not null
        and not {{ compatible_packed('t.dest_place', known_place) }} as is_elsewhere
    from {{ ref('int_track_row') }} as t
    left join carried as c
        on
            t.person_key = c.person_key
            and t.form_id = c.form_id
            and t.unit_code = c.unit_code
            and t.side = c.side
            and t.position = c.position + 1
)

select
    person_key,
    form_id,
    unit_code,
    reported_on,
    side,
    is_removal,
    is_doubt,
    end_word,
    confirmed_on,
    origin_place,
    dest_place,
    left_span,
    arrived_span,
    ended_span,
    doubt_span,
    reason_code,
    dwelling_code,
    claims,
    is_elsewhere,
    is_restart,
    sum(case when is_elsewhere or is_restart or is_after_end then 1 else 0 end) over (
        partition by person_key, form_id, unit_code, side
        order by reported_on
        rows between unbounded preceding and current row
    ) as spell_number
from compared

{#
    Lists of one date stand together: the best known destination and the smallest dates of what they say of a person, full
    dates before months and years. What a form says of the same person as one who came and as one who left are two tracks.
#}
with claims as (
    select
        c.*,
        {{ end_word('c.end_code') }} as end_word
    from {{ ref('int_claim') }} as c
    left join {{ ref('int_mistaken_row') }} as m
        on
            c.file_id = m.file_id
            and c.sheet = m.sheet
            and c.row_number = m.row_number
    where m.file_id is null
),

joined as (
    select
        c.person_key,
        c.form_id,
        c.unit_code,
        c.reported_on,
        c.side,
        max(
            case
                when {{ says_gone('c.end_word') }} or (c.list_kind = 'removed' and c.end_word is null) then 1
                else 0
            end
        ) as is_removal,
        -- a row that doubts yields to one of the same date that does not
        min(case when {{ says_doubtful('c.end_word') }} then 1 else 0 end) as is_doubt,
        min(c.end_word) as end_word,
        max(case when c.end_word is null then least(c.reported_on, c.registered_date) end) as confirmed_on,
        min({{ pack_place('c.origin_code', 'c.origin_level', lies_in='c.origin_lies_in') }}) as origin_place,
        min({{ pack_place('c.dest_code', 'c.dest_level', 'c.dest_path', 'c.dest_lies_in') }}) as dest_place,
        min({{ pack_span('c.left_hukou_from', 'c.left_hukou_to') }}) as left_span,
        min({{ pack_span('c.arrived_from', 'c.arrived_to') }}) as arrived_span,
        min(
            case when not {{ says_doubtful('c.end_word') }} then {{ pack_span('c.ended_from', 'c.ended_to') }} end
        ) as ended_span,
        min(
            case when {{ says_doubtful('c.end_word') }} then {{ pack_span('c.ended_from', 'c.ended_to') }} end
        ) as doubt_span,
        min(c.reason_code) as reason_code,
        min(c.dwelling_code) as dwelling_code,
        count(*) as claims
    from claims as c
    group by c.person_key, c.form_id, c.unit_code, c.side, c.reported_on
),

unpacked as (
    select
        *,
        {{ span_from("case side when 'origin' then left_span else arrived_span end") }} as claimed_from
    from joined
),

followed as (
    select
        *,
        lag(reported_on) over track as previous_reported_on,
        lag(dest_place) over track as previous_dest_place,
        lag(coalesce({{ span_to('ended_span') }}, case when is_removal = 1 then reported_on end)) over track
            as previous_end,
        row_number() over track as position
    from unpacked
    window track as (partition by person_key, form_id, unit_code, side order by reported_on)
)

select
    person_key,
    form_id,
    unit_code,
    reported_on,
    position,
    side,
    is_removal = 1 as is_removal,
    is_doubt = 1 as is_doubt,
    end_word,
    confirmed_on,
    origin_place,
    dest_place,
    left_span,
    arrived_span,
    ended_span,
    case when is_doubt = 1 then doubt_span end as doubt_span,
    reason_code,
    dwelling_code,
    claims,
    previous_reported_on,
    previous_dest_place,
    coalesce(claimed_from > previous_reported_on, false) as is_restart,
    -- a row that only says again that the person has gone is no new beginning
    previous_end is not null
    and not (
        (ended_span is not null or is_removal = 1)
        and coalesce(claimed_from < previous_end, true)
    ) as is_after_end
from followed

with walked as (
    select
        c.*,
        w.last_certain_on,
        w.absent_on,
        w.is_unknown
    from {{ ref('int_spell_claim') }} as c
    left join {{ ref('int_spell_walk') }} as w
        on
            c.person_key = w.person_key
            and c.form_id = w.form_id
            and c.unit_code = w.unit_code
            and c.side = w.side
            and c.spell_number = w.spell_number
),

-- a doubt without a day reaches back to the arrival
doubted as (
    select
        *,
        case
            when is_doubtful
                then coalesce(undoubted_on, arrived_date, {{ plus_days('arrived_before', '-1') }})
        end as doubted_after
    from walked
),

ended as (
    select
        *,
        {{ not_after(published_date('end_from', 'end_to'), 'next_again_on') }} as ended_date,
        case
            when end_from = end_to then null
            when end_to is not null then {{ published_after('end_from', 'end_to') }}
            when is_closed then last_present_on
            when is_doubtful and (is_followed_by_move or next_again_on is not null) then undoubted_on
            when is_doubtful then doubted_after
            when is_followed_by_move then last_reported
            when next_again_on is not null or absent_on is not null or is_unknown then last_certain_on
        end as ended_after,
        case
            when end_from = end_to then null
            when is_closed then least(coalesce(end_to, removed_on), next_again_on)
            when is_followed_by_move then next_again_on
            else least(absent_on, next_again_on)
        end as ended_before,
        case
            when is_closed then coalesce(said_end_kind, case side when 'origin' then 'returned' else 'left' end)
            when is_followed_by_move then 'moved_on'
            when next_again_on is not null or absent_on is not null then 'absent_from_list'
            when is_doubtful then doubt_kind
            when is_unknown then 'unknown'
        end as end_kind,
        -- an onward move belongs to the same absence
        coalesce(
            left_span,
            last_value(left_span ignore nulls) over (
                partition by person_key, form_id, unit_code, side, absence_number
                order by spell_number
                rows between unbounded preceding and current row
            )
        ) as absence_left_span
    from doubted
),

-- until when the spells that nothing has ended are vouched for
confirmed as (
    select
        e.*,
        case
            when e.ended_date is null and e.ended_before is null then coalesce(e.doubted_after, e.last_certain_on)
        end as certain_on,
        case
            when e.end_kind = 'lapsed' then e.doubted_after
            when e.end_kind is null and f.confirm_by = 'registered_date'
                then {{ date_plus('e.confirmed_on', 'f.confirm_months', 'f.confirm_days') }}
            when e.end_kind is null
                then {{ date_plus('e.last_certain_on', 'f.confirm_months', 'f.confirm_days') }}
        end as confirmed_until
    from ended as e
    left join {{ ref('stg_form') }} as f on e.form_id = f.form_id
)

select
    person_key,
    form_id,
    unit_code,
    side,
    spell_number,
    first_reported,
    last_reported,
    origin_place,
    dest_place,
    {{ packed_code('dest_place') }} as dest_code,
    {{ packed_path('dest_place') }} as dest_path,
    first_dest_code,
    absence_left_span as left_span,
    arrived_span,
    arrived_date,
    arrived_after,
    arrived_before,
    ended_date,
    ended_after,
    ended_before,
    -- what the rows themselves say of the end, as far as it still holds
    case
        when end_to is null then null
        when ended_date is not null then {{ pack_span('ended_date', 'ended_date') }}
        when ended_after < ended_before
            then {{ pack_span(plus_days('ended_after', '1'), 'ended_before') }}
    end as ended_span,
    end_kind,
    certain_on,
    confirmed_until,
    reason_code,
    dwelling_code,
    claims,
    row_number() over (
        partition by person_key
        order by
            dest_place is null,
            {{ packed_precision('dest_place') }},
            coalesce(arrived_date, arrived_after, {{ span_from('absence_left_span') }}, date '0001-01-01'),
            {{ packed_code('dest_place') }},
            first_reported,
            form_id,
            unit_code,
            side,
            spell_number
    ) as spell_rank
from confirmed

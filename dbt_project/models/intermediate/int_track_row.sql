{# Lists of one date stand together: the deepest destination and the smallest dates of what they say of a person. #}
with joined as (
    select
        c.person_key,
        c.form_id,
        c.unit_code,
        c.reported_on,
        min(c.side) as side,
        max(case when c.list_kind = 'removed' then 1 else 0 end) as is_removal,
        min({{ pack_place('c.origin_code', 'c.origin_level') }}) as origin_place,
        min({{ pack_place('c.dest_code', 'c.dest_level', 'p.path') }}) as dest_place,
        min(c.left_hukou_date) as left_hukou_date,
        min(c.arrived_date) as arrived_date,
        min(c.ended_date) as ended_date,
        min(c.reason_code) as reason_code,
        min(c.dwelling_code) as dwelling_code,
        count(*) as claims
    from {{ ref('int_claim') }} as c
    left join {{ ref('int_place_path') }} as p
        on
            c.dest_code = p.code
            and c.reported_on = p.reported_on
    group by c.person_key, c.form_id, c.unit_code, c.reported_on
),

unpacked as (
    select
        *,
        {{ packed_code('dest_place') }} as dest_code,
        {{ packed_path('dest_place') }} as dest_path,
        case side when 'origin' then left_hukou_date else arrived_date end as claimed_start
    from joined
),

followed as (
    select
        *,
        lag(reported_on) over track as previous_reported_on,
        lag(dest_code) over track as previous_dest_code,
        lag(dest_path) over track as previous_dest_path,
        lag(coalesce(ended_date, case when is_removal = 1 then reported_on end)) over track as previous_end,
        row_number() over track as position
    from unpacked
    window track as (partition by person_key, form_id, unit_code order by reported_on)
)

select
    person_key,
    form_id,
    unit_code,
    reported_on,
    position,
    side,
    is_removal = 1 as is_removal,
    origin_place,
    dest_place,
    dest_code,
    dest_path,
    left_hukou_date,
    arrived_date,
    ended_date,
    reason_code,
    dwelling_code,
    claims,
    claimed_start,
    previous_reported_on,
    previous_dest_code,
    previous_dest_path,
    coalesce(claimed_start > previous_reported_on, false) as is_restart,
    -- a row that only says again that the person has gone is no new beginning
    previous_end is not null
    and not (
        (ended_date is not null or is_removal = 1)
        and coalesce(claimed_start < previous_end, true)
    ) as is_after_end
from followed

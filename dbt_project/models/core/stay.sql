{{ per_person() }}

select
    stay_id,
    person_key,
    origin_code,
    origin_level,
    dest_code,
    dest_level,
    left_hukou_date,
    left_hukou_after,
    left_hukou_before,
    arrived_date,
    arrived_after,
    arrived_before,
    cast(null as varchar) as begin_kind,
    ended_date,
    ended_after,
    ended_before,
    end_kind,
    cast(null as date) as confirmed_until,
    reason_code,
    dwelling_code,
    cast(evidence_count as bigint) as evidence_count,
    forms,
    first_reported,
    last_reported
from {{ ref('int_stay') }}

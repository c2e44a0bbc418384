with claimed as (
    select
        m.stay_id,
        m.person_key,
        c.form_id,
        c.reported_on,
        c.dest_code,
        c.dest_level,
        c.reason_code,
        c.dwelling_code,
        {{ pack_place('c.origin_code', 'c.origin_level', lies_in='c.origin_lies_in') }} as origin_place
    from {{ ref('int_mistaken_row') }} as m
    inner join {{ ref('int_claim') }} as c
        on
            m.file_id = c.file_id
            and m.sheet = c.sheet
            and m.row_number = c.row_number
)

select
    stay_id,
    person_key,
    {{ packed_code('min(origin_place)') }} as origin_code,
    {{ packed_level('min(origin_place)') }} as origin_level,
    min(dest_code) as dest_code,
    min(dest_level) as dest_level,
    min(reason_code) as reason_code,
    min(dwelling_code) as dwelling_code,
    min(form_id) as form_id,
    count(*) as evidence_count,
    min(reported_on) as first_reported,
    max(reported_on) as last_reported
from claimed
group by stay_id, person_key

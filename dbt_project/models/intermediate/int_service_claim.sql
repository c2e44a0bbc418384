with said as (
    select
        c.file_id,
        c.sheet,
        c.row_number,
        c.person_key,
        c.form_id,
        c.unit_code,
        c.reported_on,
        v.field,
        v.code,
        v.day_from,
        v.day_to
    from {{ ref('int_claim') }} as c
    inner join {{ ref('stg_person_value') }} as v
        on
            c.file_id = v.file_id
            and c.sheet = v.sheet
            and c.row_number = v.row_number
    union all
    select
        file_id,
        sheet,
        row_number,
        person_key,
        form_id,
        unit_code,
        reported_on,
        'dwelling' as field,
        dwelling_code as code,
        null as day_from,
        null as day_to
    from {{ ref('int_claim') }}
    where dwelling_code is not null
)

select
    s.file_id,
    s.sheet,
    s.row_number,
    s.person_key,
    s.form_id,
    s.unit_code,
    s.reported_on,
    e.stay_id,
    m.service_code,
    m.status,
    m.detail_code,
    m.rank,
    case when m.says = 'from' then s.day_from end as first_day,
    case when m.says = 'until' then s.day_to end as last_day
from said as s
inner join {{ ref('service_map') }} as m
    on
        s.field = m.field
        and coalesce(s.code, '') = coalesce(m.code, '')
inner join {{ ref('stay_evidence') }} as e
    on
        s.file_id = e.file_id
        and s.sheet = e.sheet
        and s.row_number = e.row_number
where m.says != 'none' and {{ is_touched('e.person_key') }}

{# Places are those of the newest register, whatever the register of the day of the report called them. #}
select
    r.file_id,
    r.sheet,
    r.row_number,
    f.form_id,
    f.unit_code,
    f.reported_on,
    f.list_kind,
    r.side,
    r.person_key,
    r.is_numbered,
    r.sex,
    r.birth_date,
    r.hukou_nature,
    r.education_code,
    origin.place_code as origin_code,
    coalesce(origin.level, r.origin_level) as origin_level,
    origin.lies_in as origin_lies_in,
    destination.place_code as dest_code,
    coalesce(destination.level, r.dest_level) as dest_level,
    destination.lies_in as dest_lies_in,
    destination.path as dest_path,
    r.left_hukou_from,
    r.left_hukou_to,
    r.arrived_from,
    r.arrived_to,
    r.ended_from,
    r.ended_to,
    r.registered_date,
    r.reason_code,
    r.dwelling_code,
    r.end_code
from {{ ref('stg_person_row') }} as r
inner join {{ ref('int_current_file') }} as f on r.file_id = f.file_id
left join {{ ref('int_place_path') }} as origin
    on
        r.origin_code = origin.code
        and f.reported_on >= origin.reported_from
        and f.reported_on < origin.reported_to
left join {{ ref('int_place_path') }} as destination
    on
        r.dest_code = destination.code
        and f.reported_on >= destination.reported_from
        and f.reported_on < destination.reported_to
where {{ is_touched('r.person_key') }}

{%- set this_build = ref('int_build') -%}
{%- set touched_person = ref('int_touched_person') -%}
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
    r.origin_code,
    r.origin_level,
    r.dest_code,
    r.dest_level,
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
{% if not is_full_build() -%}
    where r.person_key in (select t.person_key from {{ touched_person }} as t)
{%- endif %}

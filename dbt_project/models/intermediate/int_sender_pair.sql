{# Of a form that sends several lists of a stay the latest speaks; the first form is the first by name. #}
with said as (
    select
        sender.*,
        row_number() over (
            partition by sender.stay_id, sender.form_id
            order by sender.last_reported desc, sender.unit_code asc
        ) as age
    from {{ ref('stay_sender') }} as sender
    inner join {{ ref('stay') }} as stay on sender.stay_id = stay.stay_id
    where contains(stay.forms, '+')
)

select
    said.stay_id,
    said.form_id,
    other.form_id as other_form_id,
    said.origin_code,
    other.origin_code as other_origin_code,
    said.dest_code,
    other.dest_code as other_dest_code,
    said.left_from > other.left_to or other.left_from > said.left_to as left_differs,
    said.arrived_from > other.arrived_to or other.arrived_from > said.arrived_to as arrived_differs,
    said.ended_from > other.ended_to or other.ended_from > said.ended_to as ended_differs,
    said.reason_code != other.reason_code as reason_differs,
    said.dwelling_code != other.dwelling_code as dwelling_differs,
    said.sex != other.sex as sex_differs,
    said.birth_date != other.birth_date as birth_date_differs,
    said.hukou_nature != other.hukou_nature as hukou_nature_differs,
    said.education_code != other.education_code as education_differs
from said
inner join said as other
    on
        said.stay_id = other.stay_id
        and said.form_id < other.form_id
where said.age = 1 and other.age = 1

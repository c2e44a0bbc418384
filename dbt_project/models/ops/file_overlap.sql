with listed as (
    select
        f.form_id,
        f.period,
        f.unit_code,
        f.file_id,
        m.content_mark,
        count(*) as marked_rows
    from {{ ref('stg_file') }} as f
    inner join {{ ref('stg_row_mark') }} as m on f.file_id = m.file_id
    where f.status in ('accepted', 'partly_returned')
    group by f.form_id, f.period, f.unit_code, f.file_id, m.content_mark
),

shared as (
    select
        form_id,
        period,
        content_mark
    from listed
    group by form_id, period, content_mark
    having min(unit_code) <> max(unit_code)
),

shared_listed as (
    select listed.*
    from listed
    inner join shared
        on
            listed.form_id = shared.form_id
            and listed.period = shared.period
            and listed.content_mark = shared.content_mark
)

select
    one.file_id,
    other.file_id as other_file_id,
    cast(sum(one.marked_rows) as bigint) as rows_same
from shared_listed as one
inner join shared_listed as other
    on
        one.form_id = other.form_id
        and one.period = other.period
        and one.content_mark = other.content_mark
        and one.unit_code <> other.unit_code
group by one.file_id, other.file_id

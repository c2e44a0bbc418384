with unidentified as (
    select distinct file_id
    from {{ ref('stg_returned_row') }}
    where not has_identity
),

dates as (
    select
        f.form_id,
        f.unit_code,
        f.reported_on,
        max(case when f.list_kind = 'full' then 1 else 0 end) as has_full_list,
        max(case when f.list_kind = 'full' and u.file_id is not null then 1 else 0 end) as has_unidentified_row
    from {{ ref('int_current_file') }} as f
    left join unidentified as u on f.file_id = u.file_id
    group by f.form_id, f.unit_code, f.reported_on
)

select
    form_id,
    unit_code,
    reported_on,
    has_full_list = 1 as has_full_list,
    has_unidentified_row = 1 as has_unidentified_row,
    min(case when has_full_list = 1 and has_unidentified_row = 0 then reported_on end) over later as next_clean_on,
    min(case when has_full_list = 1 then reported_on end) over later as next_full_on
from dates
window later as (
    partition by form_id, unit_code
    order by reported_on
    rows between 1 following and unbounded following
)

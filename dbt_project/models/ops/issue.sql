{#
    A query is explained where a sender has explained what was asked about whom, then or before. A finding is corrected
    where a corrected slip has replaced its row; one about the whole file, where it has replaced every row.
#}
with explained as (
    select distinct
        subject,
        rule_id
    from {{ ref('stg_explanation') }}
),

corrected_row as (
    select distinct
        file_id,
        sheet,
        row_number
    from {{ ref('stg_correction') }}
),

corrected_file as (
    select f.file_id
    from {{ ref('stg_file') }} as f
    left join corrected_row as r on f.file_id = r.file_id
    where
        f.file_id in (
            select slip.corrects_file_id
            from {{ ref('stg_file') }} as slip
            where slip.status in ('accepted', 'partly_returned')
        )
    group by f.file_id, f.rows_in
    having count(r.row_number) >= f.rows_in
)

select
    f.file_id,
    f.sheet,
    f.row_number,
    f.column_name,
    f.rule_id,
    f.severity,
    f.value_shown,
    f.suggestion,
    f.advice_zh,
    f.advice_en,
    case
        when e.subject is not null then 'explained'
        when r.file_id is not null or w.file_id is not null then 'corrected'
        else f.status
    end as status
from {{ ref('stg_finding') }} as f
left join explained as e
    on
        f.subject = e.subject
        and f.rule_id = e.rule_id
left join corrected_row as r
    on
        f.file_id = r.file_id
        and f.sheet = r.sheet
        and f.row_number = r.row_number
left join corrected_file as w
    on
        f.file_id = w.file_id
        and f.row_number is null

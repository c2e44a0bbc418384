-- Each current delivery is evidence as often as it has accepted rows: also of people whom this build does not touch.
with accepted as (
    select
        r.file_id,
        count(*) as rows_accepted
    from {{ ref('stg_person_row') }} as r
    inner join {{ ref('int_current_file') }} as f on r.file_id = f.file_id
    group by r.file_id
),

evidence as (
    select
        file_id,
        count(*) as rows_published
    from {{ ref('stay_evidence') }}
    group by file_id
)

select
    a.file_id,
    a.rows_accepted,
    e.file_id as evidence_file_id,
    e.rows_published
from accepted as a
full outer join evidence as e on a.file_id = e.file_id
where a.rows_accepted is distinct from e.rows_published

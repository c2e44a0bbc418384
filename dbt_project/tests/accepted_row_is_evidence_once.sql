-- Every accepted row of a current delivery is evidence of exactly one stay, and nothing else is. Of people not touched
-- the test evidence_is_of_all_rows says the same by number.
with accepted as (
    select
        r.file_id,
        r.sheet,
        r.row_number
    from {{ ref('stg_person_row') }} as r
    inner join {{ ref('int_current_file') }} as f on r.file_id = f.file_id
    where {{ is_touched('r.person_key') }}
),

evidence as (
    select
        file_id,
        sheet,
        row_number,
        count(*) as stays
    from {{ ref('stay_evidence') }}
    where {{ is_touched() }}
    group by file_id, sheet, row_number
)

select
    a.file_id,
    e.file_id as evidence_file_id,
    e.stays
from accepted as a
full outer join evidence as e
    on
        a.file_id = e.file_id
        and a.sheet = e.sheet
        and a.row_number = e.row_number
where a.file_id is null or e.file_id is null or e.stays <> 1

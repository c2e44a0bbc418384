-- The rows a file counts as accepted are the rows loaded from it, also where a corrected slip has replaced them since.
with loaded as (
    select
        file_id,
        count(*) as accepted
    from {{ source('raw', 'person_row') }}
    group by file_id
)

select
    f.file_id,
    f.rows_accepted,
    l.accepted
from loaded as l
left join {{ ref('file') }} as f on l.file_id = f.file_id
where f.file_id is null or f.rows_accepted <> l.accepted

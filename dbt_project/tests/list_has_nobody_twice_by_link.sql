-- One list, with the corrected slips that answer it, never has two rows that links make one person.
with recursive list_file as (
    select
        file_id,
        file_id as list_id
    from {{ ref('stg_file') }}
    where corrects_file_id is null or corrects_file_id not in (select f.file_id from {{ ref('stg_file') }} as f)
    union all
    select
        slip.file_id,
        list_file.list_id
    from {{ ref('stg_file') }} as slip
    inner join list_file on slip.corrects_file_id = list_file.file_id
)

select
    list_file.list_id,
    listed.person_key
from {{ ref('stg_person_row') }} as listed
inner join list_file on listed.file_id = list_file.file_id
where listed.person_key in (select link.linked_key from {{ ref('stg_person_link') }} as link)
group by list_file.list_id, listed.person_key
having min(listed.row_key) <> max(listed.row_key)

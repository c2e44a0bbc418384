select distinct
    loaded.file_id,
    loaded.sheet,
    loaded.row_number,
    coalesce(link.linked_key, loaded.person_key) as person_key
from {{ source('raw', 'returned_match') }} as loaded
left join {{ source('raw', 'person_link') }} as link on loaded.person_key = link.person_key
where {{ still_stands('loaded') }}

select
    file_id,
    sheet,
    row_number,
    person_key
from {{ source('raw', 'returned_match') }} as loaded
where {{ still_stands('loaded') }}

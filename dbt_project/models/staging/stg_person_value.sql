select
    file_id,
    sheet,
    row_number,
    field,
    code,
    day_from,
    day_to,
    number
from {{ source('raw', 'person_value') }} as loaded
where {{ still_stands('loaded') }}

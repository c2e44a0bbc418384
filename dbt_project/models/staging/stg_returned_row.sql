select
    file_id,
    sheet,
    row_number,
    form_id,
    unit_code,
    period,
    reported_on,
    has_identity
from {{ source('raw', 'returned_row') }} as loaded
where {{ still_stands('loaded') }}

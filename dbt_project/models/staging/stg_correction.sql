select
    file_id,
    sheet,
    row_number,
    by_file_id
from {{ source('raw', 'correction') }}

select
    file_id,
    sheet,
    row_number,
    person_mark,
    content_mark
from {{ source('raw', 'row_mark') }}

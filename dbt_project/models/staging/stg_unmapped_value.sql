select
    file_id,
    form_id,
    field,
    source_value,
    row_count
from {{ source('raw', 'unmapped_value') }}

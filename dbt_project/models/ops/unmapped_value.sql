select
    file_id,
    form_id,
    field,
    source_value,
    row_count
from {{ ref('stg_unmapped_value') }}

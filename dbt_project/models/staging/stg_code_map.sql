select
    form_id,
    field,
    source_value,
    code,
    valid_from,
    valid_to,
    source
from {{ source('raw', 'code_map') }}

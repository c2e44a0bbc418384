select
    form_id,
    field,
    source_value,
    code,
    valid_from,
    valid_to,
    source
from {{ ref('stg_code_map') }}

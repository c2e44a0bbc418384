select
    list_id,
    code,
    name_zh,
    name_en
from {{ source('raw', 'code') }}

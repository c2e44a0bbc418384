select
    file_id,
    sheet,
    row_number,
    column_name,
    rule_id,
    severity,
    value_shown,
    suggestion,
    advice_zh,
    advice_en,
    status,
    subject
from {{ source('raw', 'finding') }}

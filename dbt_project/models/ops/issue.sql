select
    file_id,
    sheet,
    row_number,
    column_name,
    rule_id,
    severity,
    value_shown,
    advice_zh,
    advice_en,
    status
from {{ ref('stg_finding') }}

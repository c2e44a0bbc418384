select
    night_id,
    gate,
    check_id,
    subject,
    severity,
    success,
    evaluated,
    unexpected,
    detail
from {{ source('raw', 'check_result') }}

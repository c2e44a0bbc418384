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
from {{ ref('stg_check_result') }}

select
    form_id,
    confirm_by,
    confirm_months,
    confirm_days
from {{ source('raw', 'form') }}

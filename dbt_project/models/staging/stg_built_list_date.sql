select
    form_id,
    unit_code,
    reported_on,
    next_clean_on,
    next_full_on
from {{ source('built', 'list_date') }}
